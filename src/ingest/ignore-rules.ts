/** `.butcherignore` files: gitignore rules for their own folder and everything below. */

import fs from 'node:fs'
import ignore, { type Ignore } from 'ignore'
import { systemCode } from '../errors.ts'

export const ignoreFile = '.butcherignore'

export interface IgnoreRules {
  /** The folder's path relative to the source, with a final slash; empty for the source itself. */
  readonly prefix: string
  readonly rules: (path: string) => { readonly ignored: boolean; readonly unignored: boolean }
  readonly outer: IgnoreRules | undefined
}

/** The rules in the `file` of `folder`, inside those of the outer folders. */
export function readIgnoreRules(
  file: string | Buffer,
  folder: string,
  outer: IgnoreRules | undefined,
): IgnoreRules {
  const rules = boundedRules(readText(file))
  return { prefix: folder === '' ? '' : `${folder}/`, rules, outer }
}

/**
 * Reads a regular file only: opening a pipe of that name would wait for a writer forever. Throws the system's
 * errors.
 */
function readText(file: string | Buffer): string {
  const fd = openText(file)
  try {
    if (!fs.fstatSync(fd).isFile()) throw new Error('it is not a file')
    return fs.readFileSync(fd, 'utf8')
  } finally {
    fs.closeSync(fd)
  }
}

/** Keeps the access time, which the system allows only to the file's owner. */
function openText(file: string | Buffer): number {
  const { O_RDONLY, O_NONBLOCK, O_NOATIME } = fs.constants
  try {
    return fs.openSync(file, O_RDONLY | O_NONBLOCK | (O_NOATIME ?? 0))
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw error
    return fs.openSync(file, O_RDONLY | O_NONBLOCK)
  }
}

/** The package caches every tested path. After this many tests, a new matcher frees the memory. */
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

/** Whether `path` is ignored. The innermost file with a matching rule decides. */
export function isIgnored(rules: IgnoreRules | undefined, path: string, isDirectory: boolean): boolean {
  for (let level = rules; level !== undefined; level = level.outer) {
    const below = path.slice(level.prefix.length)
    const { ignored, unignored } = level.rules(isDirectory ? `${below}/` : below)
    if (ignored) return true
    if (unignored) return false
  }
  return false
}
