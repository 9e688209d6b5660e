import type Database from 'better-sqlite3'
import { entriesInRange, type EntryRow, type PathRange, rangesBelow } from '../../catalog/entry-rows.ts'
import { pathPattern } from '../../catalog/path-pattern.ts'
import { isTopName, recordedSources } from '../../catalog/recorded-sources.ts'
import { filePattern } from '../../files/user-pattern.ts'
import { isTextPath, pathToBytes } from '../../format/path-text.ts'

export interface FindOptions {
  readonly ignoreCase?: boolean
  /** A text without wildcards is a whole name or path, not a part of one. */
  readonly exact?: boolean
  /** Where paths may be that end in one of these names, where something says it: else all are looked at. */
  readonly placesOfNames?: (names: readonly string[]) => readonly PathRange[] | undefined
}

/** One version of a path: the backups that hold it so, and where its content is. */
export interface FoundEntry {
  readonly entry: EntryRow
  readonly firstBackup: number
  readonly lastBackup: number
  /** In the order of the parts; empty for what has no content of its own, or none stored yet. */
  readonly stored: readonly StoredPart[]
}

export interface StoredPart {
  readonly part: number
  readonly disc: number
  readonly chunk: number
}

/** Every version of every path that `pattern` fits, see `path-pattern.ts`. Throws `usage` for what is no pattern. */
export function* find(
  db: Database.Database,
  pattern: string,
  options: FindOptions = {},
): Generator<FoundEntry> {
  const { matches, globs, exactPath, folder, lastNames } = pathPattern(relativeTo(db, pattern), {
    parts: options.exact !== true,
    ...(options.ignoreCase === undefined ? {} : { ignoreCase: options.ignoreCase }),
  })
  const newest = db.prepare('SELECT max(number) FROM backup').pluck().get() as number | null
  const partsOf = partReader(db)
  const ranges =
    exactPath !== undefined
      ? [onlyPath(exactPath)]
      : ((lastNames && options.placesOfNames?.(lastNames)) ?? rangesBelow(folder))
  for (const range of ranges) {
    for (const entry of entriesInRange(db, range, { condition: prefilter(range, globs) })) {
      if (!matches(entry.path, entry.type === 'dir')) continue
      yield {
        entry,
        firstBackup: entry.first,
        lastBackup: entry.last ?? Math.max(newest ?? 0, entry.first),
        stored: entry.content === null ? [] : partsOf(entry.content),
      }
    }
  }
}

/** An absolute path below a source is one of that source. */
function relativeTo(db: Database.Database, pattern: string): string {
  if (!pattern.startsWith('/')) return pattern
  const isAtTop = (name: string): boolean => isTopName(db, name)
  for (const source of recordedSources(db)) {
    const relative = filePattern(pattern, { source, isAtTop })
    if (relative !== filePattern(pattern, { source: undefined, isAtTop })) return relative
  }
  return pattern
}

/** No path holds a NUL, so nothing stands between a path and itself with one behind. */
function onlyPath(path: string): PathRange {
  if (isTextPath(path)) return { lower: path, upper: `${path}\0` }
  const lower = pathToBytes(path)
  return { lower, upper: Buffer.concat([lower, Buffer.from([0])]) }
}

/** SQLite's GLOB is for text; of paths that are not UTF-8 there are few. */
function prefilter(
  range: PathRange,
  globs: readonly string[],
): { readonly sql: string; readonly values: readonly string[] } {
  return typeof range.lower === 'string' && globs.every(isTextPath)
    ? { sql: globs.map(() => 'e.path GLOB ?').join(' OR '), values: globs }
    : { sql: '1', values: [] }
}

function partReader(db: Database.Database): (content: number) => StoredPart[] {
  const whole = db.prepare(
    `SELECT 1 AS part, k.disc, k.number AS chunk FROM content c JOIN chunk k ON k.number = c.chunk WHERE c.id = ?`,
  )
  const parts = db.prepare(
    `SELECT p.part, k.disc, p.chunk FROM part p JOIN chunk k ON k.number = p.chunk WHERE p.content = ? ORDER BY p.part`,
  )
  return (content) => {
    const stored = parts.all(content) as StoredPart[]
    return stored.length > 0 ? stored : (whole.all(content) as StoredPart[])
  }
}
