/** Contents that have a part on lost discs, in temporary tables: there may be millions. */

import type Database from 'better-sqlite3'
import { isPiece } from '../format/piece.ts'
import { collectDigests } from './content-digests.ts'

/**
 * Makes three tables of content numbers. `broken`: a part is on one of the discs `gone`. `hit`: those with a
 * part on one of `concerned`. `lost`: those of `hit` without another copy on discs that are not gone. Empty
 * files need no chunk, and are in none of them.
 */
export function findBroken(
  db: Database.Database,
  gone: readonly number[],
  concerned: readonly number[] = gone,
): void {
  // A read-only connection writes nothing but these temporary tables.
  const queryOnly = db.pragma('query_only', { simple: true }) as number
  db.pragma('query_only = OFF')
  db.exec(`DROP TABLE IF EXISTS temp.lost; DROP TABLE IF EXISTS temp.hit; DROP TABLE IF EXISTS temp.broken;
    CREATE TEMP TABLE broken(content INTEGER PRIMARY KEY);
    CREATE TEMP TABLE hit(content INTEGER PRIMARY KEY);
    CREATE TEMP TABLE lost(content INTEGER PRIMARY KEY)`)
  for (const [table, discs] of Object.entries({ broken: gone, hit: concerned })) {
    if (discs.length === 0) continue // which most backups are: no scan then
    const on = 'chunk IN (SELECT number FROM main.chunk WHERE disc IN (SELECT value FROM json_each(@discs)))'
    db.prepare(
      `INSERT INTO temp.${table} SELECT id FROM main.content WHERE size > 0 AND ${on}
        UNION SELECT content FROM part WHERE ${on}`,
    ).run({ discs: JSON.stringify(discs) })
  }
  collectCopies(db)
  db.exec(`INSERT INTO temp.lost SELECT a.id FROM temp.hit h JOIN main.content a ON a.id = h.content
    WHERE NOT EXISTS (${intactCopyOf('a')})`)
  db.pragma(`query_only = ${queryOnly}`)
}

/** A condition on the number of a content. */
export const isIntact = (id: string): string => `${id} NOT IN (SELECT content FROM temp.broken)`

/** Whether a content is lost. */
export function lostFinder(db: Database.Database): (content: number | null) => boolean {
  const find = db.prepare('SELECT 1 FROM temp.lost WHERE content = ?')
  return (content) => content !== null && find.get(content) !== undefined
}

/** Finds copies of the contents in `hit`. Call it again to include copies that are stored later. */
export function collectCopies(db: Database.Database): void {
  collectDigests(db, 'SELECT a.size FROM temp.hit h JOIN main.content a ON a.id = h.content')
}

/** The unbroken copies of the content `row`, which is in `hit`. Of a piece, only pieces. */
export const intactCopyOf = (row: string): string =>
  `SELECT b.id FROM temp.digest b WHERE b.size = ${row}.size AND b.hash = ${row}.hash
    AND (SELECT parts = ${isPiece} FROM main.content WHERE id = b.id) = (${row}.parts = ${isPiece})
    AND ${isIntact('b.id')}`

/** One version of a path whose content is lost. */
export interface LostVersion {
  readonly path: string | Uint8Array
  readonly first: number
  /** Null: up to the newest backup. */
  readonly last: number | null
  readonly size: number
}

const lostEntries = `FROM main.entry WHERE type IN ('file', 'hardlink') AND content IN (SELECT content FROM temp.lost)`

/** In path order. */
export const lostVersions = (db: Database.Database): Iterable<LostVersion> =>
  db
    .prepare(`SELECT path, first, last, size ${lostEntries} ORDER BY path, first`)
    .iterate() as Iterable<LostVersion>

export interface LostCount {
  readonly files: number
  readonly bytes: number
}

/** Counts the lost versions of paths: in one backup (`backup`), and in all. */
export function lostCounts(db: Database.Database): {
  readonly all: LostCount
  readonly inBackup: (backup: number) => LostCount
} {
  // At most backups squared rows, however many files there are.
  const rows = db
    .prepare(`SELECT first, last, count(*) AS files, sum(size) AS bytes ${lostEntries} GROUP BY first, last`)
    .all() as { first: number; last: number | null; files: number; bytes: number }[]
  const sum = (some: typeof rows): LostCount => ({
    files: some.reduce((total, { files }) => total + files, 0),
    bytes: some.reduce((total, { bytes }) => total + bytes, 0),
  })
  return {
    all: sum(rows),
    inBackup: (backup) =>
      sum(rows.filter(({ first, last }) => first <= backup && backup <= (last ?? backup))),
  }
}

/** Versions of paths whose content is in `hit`, and stored a second time elsewhere. */
export const savedVersions = (db: Database.Database): number =>
  db
    .prepare(
      `SELECT count(*) FROM main.entry WHERE type IN ('file', 'hardlink') AND content IN
        (SELECT content FROM temp.hit EXCEPT SELECT content FROM temp.lost)`,
    )
    .pluck()
    .get() as number
