/**
 * The contents that the kept backups need, in temporary tables, and the share of each chunk that they fill.
 */

import type Database from 'better-sqlite3'
import { hasPieceTable } from './piece-rows.ts'

/**
 * Makes the tables `kept`, of backups, and `live`, of contents. Unfinished contents are live: a run resumes
 * them.
 */
export function findLive(db: Database.Database, forgotten: readonly number[]): void {
  // A read-only connection writes nothing but these temporary tables.
  const queryOnly = db.pragma('query_only', { simple: true }) as number
  db.pragma('query_only = OFF')
  db.exec(`DROP TABLE IF EXISTS temp.kept; DROP TABLE IF EXISTS temp.live;
    CREATE TEMP TABLE kept(number INTEGER PRIMARY KEY);
    CREATE TEMP TABLE live(content INTEGER PRIMARY KEY)`)
  db.prepare(
    'INSERT INTO temp.kept SELECT number FROM main.backup WHERE number NOT IN (SELECT value FROM json_each(?))',
  ).run(JSON.stringify(forgotten))
  db.exec(`INSERT OR IGNORE INTO temp.live SELECT e.content FROM main.entry e WHERE e.content IS NOT NULL AND ${isKept('e')};
    INSERT OR IGNORE INTO temp.live SELECT content FROM main.unfinished`)
  if (hasPieceTable(db)) {
    db.exec(`INSERT OR IGNORE INTO temp.live SELECT s.id FROM main.piece p
      JOIN main.content s ON s.id >= p.stored AND s.id < p.stored + p.count
      WHERE p.content IN (SELECT content FROM temp.live)`)
  }
  db.pragma(`query_only = ${queryOnly}`)
}

/** Whether a kept backup has the row of `entry`. */
export const isKept = (row: string): string =>
  `EXISTS (SELECT 1 FROM temp.kept k WHERE k.number BETWEEN ${row}.first AND coalesce(${row}.last, ${Number.MAX_SAFE_INTEGER}))`

export interface ChunkUse {
  readonly chunk: number
  readonly disc: number
  readonly name: string
  /** Stored bytes. */
  readonly bytes: number
  /** Bytes of the tar that contents take, and those of them that are live. */
  readonly contentBytes: number
  readonly liveBytes: number
  readonly isUnfinished: boolean
}

/** A header, and the content padded to blocks. */
const tarBytes = '((size + 511) / 512 * 512 + 512)'

/** All chunks, by their numbers. After `findLive`. */
export function chunkUses(db: Database.Database): ChunkUse[] {
  const rows = db
    .prepare(
      `SELECT k.number AS chunk, k.disc, k.name, k.bytes, coalesce(u.contents, 0) AS contentBytes,
        coalesce(u.live, 0) AS liveBytes,
        k.number IN (SELECT p.chunk FROM main.part p JOIN main.unfinished USING (content)) AS isUnfinished
      FROM main.chunk k LEFT JOIN (
        SELECT chunk, sum(${tarBytes}) AS contents, sum(${tarBytes} * (content IN (SELECT content FROM temp.live))) AS live
        FROM (SELECT chunk, id AS content, size FROM main.content WHERE chunk > 0
          UNION ALL SELECT chunk, content, size FROM main.part)
        GROUP BY chunk) u ON u.chunk = k.number
      ORDER BY k.number`,
    )
    .all() as (Omit<ChunkUse, 'isUnfinished'> & { readonly isUnfinished: number })[]
  return rows.map((row) => ({ ...row, isUnfinished: row.isUnfinished === 1 }))
}
