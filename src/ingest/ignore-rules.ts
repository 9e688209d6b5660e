/** `.butcherignore` files: gitignore rules for the folder they stand in and what is below it. */

import fs from 'node:fs'
import ignore, { type Ignore } from 'ignore'
import { systemCode } from '../errors.ts'
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
  const rules = boundedRules(readText(pathForSystem(file)))
  return { prefix: folder === '' ? '' : `${folder}/`, rules, outer }
}

/** The text of a regular file; a pipe of that name would wait for a writer for ever. Throws what the system throws. */
function readText(file: string | Buffer): string {
  const fd = openText(file)
  try {
    if (!fs.fstatSync(fd).isFile()) throw new Error('it is no file')
    return fs.readFileSync(fd, 'utf8')
  } finally {
    fs.closeSync(fd)
  }
}

/** Leaves the access time alone, for which the system wants the file's owner. */
function openText(file: string | Buffer): number {
  const { O_RDONLY, O_NONBLOCK, O_NOATIME } = fs.constants
  try {
    return fs.openSync(file, O_RDONLY | O_NONBLOCK | (O_NOATIME ?? 0))
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw error
    return fs.openSync(file, O_RDONLY | O_NONBLOCK)
  }
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
