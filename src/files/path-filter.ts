/** Selects the paths of a command: gitignore-style patterns and a regular expression. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'
import { checkPattern } from './pattern-matcher.ts'
import { PatternWatch } from './pattern-watch.ts'

export interface PathFilterOptions {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Files with exclude patterns, one per line. */
  readonly excludeFrom?: readonly string[]
  /** A regular expression that must match the paths of all entries except directories. */
  readonly filter?: string
}

/** Whether `path`, relative to the source and without `./`, is selected. */
export type PathFilter = (path: string, isDirectory: boolean) => boolean

/**
 * Selects a path if it or a parent matches `include` (or there is none), neither it nor a parent matches
 * `exclude`, and it matches `filter`. `filter` does not apply to directories. Patterns are those of
 * gitignore: without a slash they match at any depth, a trailing slash matches directories only, `!` reverts
 * a match. Throws `usage` for an invalid pattern or regular expression, or an unreadable file.
 */
export const pathFilter = (options: PathFilterOptions): PathFilter => watchedFilter(options).takes

/** Which patterns matched none of the paths that the filter saw. */
export interface UnmatchedPatterns {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** There are includes, and none matched a path. */
  readonly noInclude: boolean
  /** There is a regular expression, and it matched no path except directories. */
  readonly noFilter: boolean
  /** Something was left out. */
  readonly hasExcluded: boolean
}

export interface WatchedFilter {
  readonly takes: PathFilter
  /** Whether a directory may hold selected paths: `include` and `filter` do not count here. */
  readonly enters: (path: string) => boolean
  readonly unmatched: () => UnmatchedPatterns
}

/** The same filter, which can also report patterns without a match. */
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

/** The patterns in files. Each file is read once, because it may be a pipe. Throws `usage`. */
export const readPatternFiles = (files: readonly string[]): string[] => files.flatMap(patternsOf)

/**
 * Paths that cover everything that `include` selects. That is known if each pattern begins at the root and
 * has no wildcards. Undefined if it is not known, or if everything is selected.
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

/** No character with a special meaning at the beginning, middle or end of a pattern. */
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
    throw new ButcherError('usage', `--filter '${text}' is not a regular expression: ${systemText(cause)}`, {
      cause,
    })
  }
}
