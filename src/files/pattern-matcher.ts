/** Matches `.gitignore` patterns against paths. */

import ignore, { type Ignore } from 'ignore'
import { ButcherError } from '../errors.ts'

export type PathMatcher = (path: string, isDirectory: boolean) => boolean

/** The matcher remembers every tested path. It is replaced after this many, which bounds its memory. */
const testsPerMatcher = 20_000

/** Whether a path, or a parent, matches one of `patterns`; later ones win. */
export function patternMatcher(patterns: readonly string[]): PathMatcher {
  let matcher: Ignore | undefined
  let tests = 0
  return (path, isDirectory) => {
    if (matcher === undefined || ++tests > testsPerMatcher) {
      matcher = newMatcher().add([...patterns])
      tests = 0
    }
    return path !== '' && matcher.ignores(isDirectory ? `${path}/` : path)
  }
}

const newMatcher = (): Ignore => ignore({ ignorecase: false, allowRelativePaths: true })

/** The package compiles patterns on first use, and a bad pattern fails only then. Throws `usage`. */
export function checkPattern(pattern: string, option: string): void {
  try {
    newMatcher().add([pattern]).ignores('a/b')
  } catch (cause) {
    throw new ButcherError('usage', `${option} '${pattern}' is not a valid pattern`, {
      hint: 'patterns are written as in a .gitignore',
      cause,
    })
  }
}
