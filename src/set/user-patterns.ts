/** The patterns of a call, made relative to the source, and the messages about those without a match. */

import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { type PathFilterOptions, readPatternFiles, type UnmatchedPatterns } from '../files/path-filter.ts'
import { filePattern, type PatternPlace, userPattern } from '../files/user-pattern.ts'
import { showPath } from '../format/path-text.ts'
import type { SourceTree } from '../format/source-tree.ts'

export type UserPatterns = Pick<PathFilterOptions, 'include' | 'exclude' | 'excludeFrom'>

export interface RelativePatterns {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Files with patterns. */
  readonly excludeFrom?: readonly string[]
}

/** Reads the pattern files. Throws `usage`. */
export function relativePatterns(
  { include, exclude, excludeFrom }: UserPatterns,
  place: PatternPlace,
): RelativePatterns {
  const one = (pattern: string): string => userPattern(pattern, place)
  return {
    ...(include === undefined ? {} : { include: include.map(one) }),
    ...(exclude === undefined ? {} : { exclude: exclude.map(one) }),
    ...(excludeFrom === undefined
      ? {}
      : { excludeFrom: readPatternFiles(excludeFrom).map((line) => filePattern(line, place)) }),
  }
}

/** The place that was searched, and the patterns of the call. */
export interface PatternSearch {
  /** `backup 3`, `the source /home/me`. */
  readonly where: string
  readonly source: SourceTree | undefined
  /** In the user's spelling, and as returned by `relativePatterns`. */
  readonly given: UserPatterns
  readonly relative: RelativePatterns
  readonly filter: string | undefined
}

/** Throws `no-match` if no pattern matches anything. */
export function refuseNothing(
  unmatched: UnmatchedPatterns,
  nothingTaken: boolean,
  search: PatternSearch,
): void {
  const { where, source, relative, filter } = search
  const includes = (relative.include ?? []).map(
    (pattern) => `--include ${quoted(textOf(pattern, 'include', search))}`,
  )
  const filters = filter === undefined ? [] : [`--filter ${quoted(filter)}`]
  const fail = (message: string, hint: string): never => {
    throw new ButcherError('no-match', message, { hint })
  }
  const hint = `${pathsText(source)}; butcher find lists what a backup holds`
  if (unmatched.noInclude) fail(`nothing in ${where} matches ${includes.join(' ')}`, hint)
  if (unmatched.noFilter)
    fail(`no file in ${where} matches ${[...filters, ...includes].join(' with ')}`, hint)
  if (!nothingTaken) return
  if (unmatched.hasExcluded)
    fail(`--exclude leaves nothing of ${where}`, 'leave the pattern out, or write it more narrowly')
  if (includes.length + filters.length > 0)
    fail(`nothing in ${where} matches ${[...includes, ...filters].join(' ')}`, hint)
}

function pathsText(source: SourceTree | undefined): string {
  if (source === undefined) return 'paths are relative to the source'
  if (typeof source === 'string') return `paths are relative to the source ${showPath(source)}`
  const names = source.map(({ name }) => showPath(name)).join(', ')
  return `paths begin with the name of their source: ${names}`
}

/** Warns about each pattern of the call without a match. */
export function reportUnmatched(unmatched: UnmatchedPatterns, search: PatternSearch, report: Report): void {
  for (const name of ['include', 'exclude'] as const) {
    for (const pattern of unmatched[name]) {
      // Many kept patterns, and many from files, match nothing. Only a missing match of a kept include
      // matters.
      const isGiven = search.given[name] !== undefined && search.relative[name]?.includes(pattern) === true
      if (!isGiven && name === 'exclude') continue
      const text = quoted(textOf(pattern, name, search))
      report({
        type: 'warning',
        kind: 'other',
        message: `--${name} ${text} matches nothing in ${search.where}`,
      })
    }
  }
}

function textOf(pattern: string, name: 'include' | 'exclude', { given, relative }: PatternSearch): string {
  const at = given[name] === undefined ? -1 : (relative[name]?.indexOf(pattern) ?? -1)
  return given[name]?.[at] ?? pattern
}

const quoted = (text: string): string => `'${showPath(text)}'`
