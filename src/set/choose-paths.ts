/** Which paths of a backup the patterns of a call select. */

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
import { refuseNothing, relativePatterns, reportUnmatched } from './user-patterns.ts'

export interface ChosenPaths {
  /** True if nothing is left out. */
  readonly isWhole: boolean
  readonly takes: PathFilter
  /** If known: paths that contain the whole selection. */
  readonly within: readonly string[] | undefined
  /**
   * Called after all paths: warns about patterns without a match. Throws `no-match` if nothing was selected.
   */
  readonly tell: (report: Report) => void
}

/** Checks patterns before a catalog is opened. Throws `usage`. */
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

/** Reads the pattern files. Throws `usage`. */
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
      // A parent folder of a selected path comes along anyway; by itself it must match the expression.
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
      reportUnmatched(unmatched, search, report)
    },
  }
}
