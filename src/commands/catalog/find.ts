import type Database from 'better-sqlite3'
import { entriesInRange, type EntryRow, type PathRange, rangesBelow } from '../../catalog/entry-rows.ts'
import { pathPattern } from '../../catalog/path-pattern.ts'
import { backupRows } from '../../catalog/set-rows.ts'
import { visibleRange } from '../../catalog/visible-range.ts'
import { partReader, type StoredPart } from '../../catalog/stored-parts.ts'
import { highest } from '../../catalog/working-catalog.ts'
import { isTopName, recordedSources } from '../../catalog/recorded-sources.ts'
import { filePattern } from '../../files/user-pattern.ts'
import { isTextPath, pathToBytes } from '../../format/path-text.ts'

export interface FindOptions {
  readonly ignoreCase?: boolean
  /** A text without wildcards is a whole name or path, not a part of one. */
  readonly exact?: boolean
  /** Ranges of paths that may end in one of these names, if known; otherwise all paths are searched. */
  readonly basenameRanges?: (names: readonly string[]) => readonly PathRange[] | undefined
}

/** One version of a path: the backups that hold it, and the location of its content. */
export interface FoundEntry {
  readonly entry: EntryRow
  readonly firstBackup: number
  readonly lastBackup: number
  /** In the order of the parts; empty if it has no content, or none stored yet. */
  readonly stored: readonly StoredPart[]
}

/**
 * Every version of every path that matches `pattern`, see `path-pattern.ts`. Throws `usage` for an invalid
 * pattern.
 */
export function* find(
  db: Database.Database,
  pattern: string,
  options: FindOptions = {},
): Generator<FoundEntry> {
  const { matches, globs, exactPath, folder, lastNames } = pathPattern(relativeTo(db, pattern), {
    parts: options.exact !== true,
    ...(options.ignoreCase === undefined ? {} : { ignoreCase: options.ignoreCase }),
  })
  const newest = highest(db, 'backup')
  const visible = visibleRange(backupRows(db).map(({ number }) => number))
  const partsOf = partReader(db)
  const ranges =
    exactPath !== undefined
      ? [onlyPath(exactPath)]
      : ((lastNames && options.basenameRanges?.(lastNames)) ?? rangesBelow(folder))
  for (const range of ranges) {
    for (const entry of entriesInRange(db, range, { condition: prefilter(range, globs) })) {
      if (!matches(entry.path, entry.type === 'dir')) continue
      const backups = visible(entry.first, entry.last)
      if (backups === undefined) continue
      yield {
        entry,
        firstBackup: backups.first,
        lastBackup: backups.last ?? Math.max(newest, backups.first),
        stored: entry.content === null ? [] : partsOf(entry.content),
      }
    }
  }
}

/** Makes an absolute path below a source relative to it. */
function relativeTo(db: Database.Database, pattern: string): string {
  if (!pattern.startsWith('/')) return pattern
  const isAtTop = (name: string): boolean => isTopName(db, name)
  for (const source of recordedSources(db)) {
    const relative = filePattern(pattern, { source, isAtTop })
    if (relative !== filePattern(pattern, { source: undefined, isAtTop })) return relative
  }
  return pattern
}

/** No path holds a NUL, so no path sorts between a path and the same path with a NUL appended. */
function onlyPath(path: string): PathRange {
  if (isTextPath(path)) return { lower: path, upper: `${path}\0` }
  const lower = pathToBytes(path)
  return { lower, upper: Buffer.concat([lower, Buffer.from([0])]) }
}

/** SQLite's GLOB works on text only; paths that are not UTF-8 are few. */
function prefilter(
  range: PathRange,
  globs: readonly string[],
): { readonly sql: string; readonly values: readonly string[] } {
  return typeof range.lower === 'string' && globs.every(isTextPath)
    ? { sql: globs.map(() => 'e.path GLOB ?').join(' OR '), values: globs }
    : { sql: '1', values: [] }
}
