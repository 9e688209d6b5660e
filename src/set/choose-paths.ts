/** Which paths of a backup the patterns of a call choose. */

import type Database from 'better-sqlite3'
import { isTopName, sourceOfBackup } from '../catalog/recorded-sources.ts'
import type { Report } from '../events.ts'
import {
  includedRoots,
  type PathFilter,
  type PathFilterOptions,
  pathFilter,
  watchedFilter,
} from '../files/path-filter.ts'
import type { PatternPlace } from '../files/user-pattern.ts'
import { refuseNothing, relativePatterns, tellUnmatched } from './user-patterns.ts'

export interface ChosenPaths {
  /** Nothing is left out. */
  readonly isWhole: boolean
  readonly takes: PathFilter
  /** Where known, paths at or below which everything is that is chosen. */
  readonly within: readonly string[] | undefined
  /** Called once all paths were asked for: warns of patterns that match nothing. Throws `no-match` if nothing was chosen. */
  readonly tell: (report: Report) => void
}

/** What can be said of patterns before a catalog is opened. Throws `usage`. */
export function checkPatterns({ include, exclude, filter }: PathFilterOptions): void {
  pathFilter({
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(filter === undefined ? {} : { filter }),
  })
}

export const catalogPlace = (db: Database.Database, backup: number): PatternPlace => ({
  source: sourceOfBackup(db, backup),
  isAtTop: (name) => isTopName(db, name),
})

/** Reads the files of patterns. Throws `usage`. */
export function choosePaths(db: Database.Database, backup: number, options: PathFilterOptions): ChosenPaths {
  const { filter } = options
  const place = catalogPlace(db, backup)
  const relative = relativePatterns(options, place)
  const { include = [], exclude = [], excludeFrom = [] } = relative
  const patterns = watchedFilter({ include, exclude: [...exclude, ...excludeFrom] })
  const expression = watchedFilter(filter === undefined ? {} : { filter })
  const isWhole = filter === undefined && [include, exclude, excludeFrom].every(({ length }) => length === 0)
  let nothingTaken = true
  return {
    isWhole,
    takes: (name, isDirectory) => {
      // A folder that only holds what is chosen comes along anyway; by itself it has to fit the expression, too.
      const does = patterns.takes(name, isDirectory) && expression.takes(name, false)
      if (does) nothingTaken = false
      return does
    },
    within: includedRoots(include),
    tell: (report) => {
      if (isWhole) return
      const unmatched = { ...patterns.unmatched(), noFilter: expression.unmatched().noFilter }
      const search = { where: `backup ${backup}`, source: place.source, given: options, relative, filter }
      refuseNothing(unmatched, nothingTaken, search)
      tellUnmatched(unmatched, search, report)
    },
  }
}
