/** Which paths a command takes: gitignore-style patterns and a regular expression. */

import fs from 'node:fs'
import ignore, { type Ignore } from 'ignore'
import { ButcherError, systemText } from '../errors.ts'

export interface PathFilterOptions {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Files of exclude patterns, one a line. */
  readonly excludeFrom?: readonly string[]
  /** A regular expression that the path of anything but a directory must match. */
  readonly filter?: string
}

/** Says whether `path`, relative to the source and without `./`, is taken. */
export type PathFilter = (path: string, isDirectory: boolean) => boolean

/**
 * A path is taken where it or a directory above it matches one of `include` (or there is none), neither it nor a
 * directory above it matches `exclude`, and it matches `filter`; on directories `filter` has no say. Patterns are
 * those of gitignore: without a slash they match at any depth, a trailing slash matches directories only, `!` takes
 * back. Throws `usage` for what is no pattern, no regular expression, or a file that cannot be read.
 */
export function pathFilter(options: PathFilterOptions): PathFilter {
  const excludes = [...(options.exclude ?? []), ...(options.excludeFrom ?? []).flatMap(patternsOf)]
  const included = options.include?.length ? patternMatcher(options.include, '--include') : undefined
  const excluded = excludes.length > 0 ? patternMatcher(excludes, '--exclude') : undefined
  const expression = options.filter === undefined ? undefined : regularExpression(options.filter)
  return (path, isDirectory) =>
    (included === undefined || included(path, isDirectory)) &&
    (excluded === undefined || !excluded(path, isDirectory)) &&
    (expression === undefined || isDirectory || expression.test(path))
}

/** The patterns in files, each read once, as one may be a pipe. Throws `usage`. */
export const readPatternFiles = (files: readonly string[]): string[] => files.flatMap(patternsOf)

/**
 * Paths of which one is, or is above, whatever `include` takes, where that can be told: each pattern begins at the root and is
 * written without wildcards. Undefined where it cannot, or everything is taken.
 */
export function includedRoots(include: readonly string[] | undefined): readonly string[] | undefined {
  if (!include?.length) return undefined
  const roots = include.map((pattern) => pattern.replace(/^\//, '').replace(/\/$/, ''))
  const isPlain = (root: string, at: number): boolean =>
    include[at]?.slice(0, -1).includes('/') === true &&
    plainRoot.test(root) &&
    root.split('/').every((name) => !['', '.', '..'].includes(name))
  return roots.every(isPlain) ? roots : undefined
}

/** Nothing that means something else at the beginning of a pattern, within one, or at its end. */
const plainRoot = /^[^\s!#*?[\]\\](?:[^\s*?[\]\\]|\s(?!\s*$))*$/

/** The matcher remembers every path it was asked for; after so many it is made afresh, which bounds its memory. */
const testsPerMatcher = 20_000

function patternMatcher(patterns: readonly string[], option: string): PathFilter {
  for (const pattern of patterns) checkPattern(pattern, option)
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

/** The package makes its regular expressions late: a bad pattern shows when it is first used. */
function checkPattern(pattern: string, option: string): void {
  try {
    newMatcher().add([pattern]).ignores('a/b')
  } catch (cause) {
    throw new ButcherError('usage', `${option} '${pattern}' is no pattern`, {
      hint: 'patterns are written as in a .gitignore',
      cause,
    })
  }
}

function patternsOf(file: string): string[] {
  try {
    const lines = fs.readFileSync(file, 'utf8').split(/\r?\n/)
    return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  } catch (cause) {
    throw new ButcherError('usage', `cannot read --exclude-from ${file}: ${systemText(cause)}`, {
      path: file,
      cause,
    })
  }
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (cause) {
    throw new ButcherError('usage', `--filter '${text}' is no regular expression: ${systemText(cause)}`, {
      cause,
    })
  }
}
