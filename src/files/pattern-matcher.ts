/** Patterns of a `.gitignore`, matched against paths. */

import ignore, { type Ignore } from 'ignore'
import { ButcherError } from '../errors.ts'

export type PathMatcher = (path: string, isDirectory: boolean) => boolean

/** The matcher remembers every path it was asked for; after so many it is made afresh, which bounds its memory. */
const testsPerMatcher = 20_000

/** Whether a path, or a directory above it, matches one of `patterns`; later ones win. */
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

/** The package makes its regular expressions late: a bad pattern shows when it is first used. Throws `usage`. */
export function checkPattern(pattern: string, option: string): void {
  try {
    newMatcher().add([pattern]).ignores('a/b')
  } catch (cause) {
    throw new ButcherError('usage', `${option} '${pattern}' is no pattern`, {
      hint: 'patterns are written as in a .gitignore',
      cause,
    })
  }
}
