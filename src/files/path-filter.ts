/** Which paths a command takes: gitignore-style patterns and a regular expression. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'
import { checkPattern } from './pattern-matcher.ts'
import { PatternWatch } from './pattern-watch.ts'

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
export const pathFilter = (options: PathFilterOptions): PathFilter => watchedFilter(options).takes

/** Which patterns matched nothing that a filter was asked for. */
export interface UnmatchedPatterns {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** There are includes, and not one path matched them. */
  readonly noInclude: boolean
  /** There is a regular expression, and no path but of directories matched it. */
  readonly noFilter: boolean
  /** Something was left out. */
  readonly hasExcluded: boolean
}

export interface WatchedFilter {
  readonly takes: PathFilter
  /** Whether a directory may hold what is taken: `include` and `filter` have no say. */
  readonly enters: (path: string) => boolean
  readonly unmatched: () => UnmatchedPatterns
}

/** The same filter, which says in the end what matched nothing. */
export function watchedFilter(options: PathFilterOptions): WatchedFilter {
  const excludes = [...(options.exclude ?? []), ...readPatternFiles(options.excludeFrom ?? [])]
  for (const pattern of options.include ?? []) checkPattern(pattern, '--include')
  for (const pattern of excludes) checkPattern(pattern, '--exclude')
  const include = new PatternWatch(options.include ?? [])
  const exclude = new PatternWatch(excludes)
  const expression = options.filter === undefined ? undefined : regularExpression(options.filter)
  let filterHasMatched = false
  const fits = (path: string): boolean => {
    const does = expression === undefined || expression.test(path)
    filterHasMatched ||= does
    return does
  }
  return {
    takes: (path, isDirectory) =>
      (include.isEmpty || include.matches(path, isDirectory)) &&
      !exclude.matches(path, isDirectory) &&
      (isDirectory || fits(path)),
    enters: (path) => {
      if (include.left.length > 0) include.matches(path, true)
      return !exclude.matches(path, true)
    },
    unmatched: () => ({
      include: include.left,
      exclude: exclude.left,
      noInclude: !include.isEmpty && !include.hasMatched,
      noFilter: expression !== undefined && !filterHasMatched,
      hasExcluded: exclude.hasMatched,
    }),
  }
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

function patternsOf(file: string): string[] {
  try {
    const lines = fs.readFileSync(file, 'utf8').split(/\r?\n/)
    return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  } catch (cause) {
    throw new ButcherError('usage', `cannot read the patterns in ${file}: ${systemText(cause)}`, {
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
