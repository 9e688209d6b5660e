/** `.butcherignore` files: gitignore rules for the folder they stand in and what is below it. */

import fs from 'node:fs'
import ignore, { type Ignore } from 'ignore'
import { pathForSystem } from '../format/path-text.ts'

export const ignoreFile = '.butcherignore'

export interface IgnoreRules {
  /** The folder's path, relative to the source, with a slash behind it; empty for the source itself. */
  readonly prefix: string
  readonly rules: (path: string) => { readonly ignored: boolean; readonly unignored: boolean }
  readonly outer: IgnoreRules | undefined
}

/** The rules in `folder`, given those of the folders around it. */
export function readIgnoreRules(
  sourceFolder: string,
  folder: string,
  outer: IgnoreRules | undefined,
): IgnoreRules {
  const file = `${sourceFolder}/${folder === '' ? '' : `${folder}/`}${ignoreFile}`
  const rules = boundedRules(fs.readFileSync(pathForSystem(file), 'utf8'))
  return { prefix: folder === '' ? '' : `${folder}/`, rules, outer }
}

/** The package remembers every path it was asked for; after so many its memory is given up. */
const testsPerMatcher = 20_000

function boundedRules(text: string): IgnoreRules['rules'] {
  let matcher: Ignore | undefined
  let tests = 0
  return (path) => {
    if (matcher === undefined || ++tests > testsPerMatcher) {
      matcher = ignore({ ignorecase: false }).add(text)
      tests = 0
    }
    return matcher.test(path)
  }
}

/** Whether `path` is left out: the innermost file that says anything about it decides. */
export function isIgnored(rules: IgnoreRules | undefined, path: string, isDirectory: boolean): boolean {
  for (let level = rules; level !== undefined; level = level.outer) {
    const below = path.slice(level.prefix.length)
    const { ignored, unignored } = level.rules(isDirectory ? `${below}/` : below)
    if (ignored) return true
    if (unignored) return false
  }
  return false
}
