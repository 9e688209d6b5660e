/** Compares the data that stopped runs of a backup stored with the backup before it. */

import { pathForCatalog } from '../format/path-text.ts'
import type { Catalog } from './working-catalog.ts'

/** A path in the backup before. */
export interface EntryBefore {
  readonly isFile: boolean
  /** The row of an earlier run has the same metadata, and the same content. */
  readonly isSame: boolean
  /** The row of an earlier run refers to the same stored content. */
  readonly hasSameContent: boolean
}

export interface EarlierRuns {
  /** The entry of a path in the backup before, if an earlier run ended its row. */
  readonly entryBefore: (path: string) => EntryBefore | undefined
  /** Files of the backup before that an earlier run recorded as deleted. */
  readonly filesGone: number
}

const isFileOf = (row: string): string =>
  `(${row}.type = 'file' OR (${row}.type = 'hardlink' AND ${row}.size IS NOT NULL))`
const isFile = isFileOf('b')

/** It does not matter which name of a file the other names are hard links to. */
const isSameKind = `((b.type = e.type AND b.link IS e.link) OR (${isFile} AND ${isFileOf('e')}))`

/** Undefined if no earlier run of `backup` stored anything. */
export function earlierRuns(db: Catalog, backup: number): EarlierRuns | undefined {
  if (db.prepare('SELECT 1 FROM chunk WHERE backup = ? LIMIT 1').get(backup) === undefined) return undefined
  const find = db.prepare(
    `SELECT ${isFile} AS file, e.path IS NOT NULL AND ${isSameKind} AND b.mode = e.mode AND b.owner = e.owner AND b.mtime = e.mtime
      AND b.size IS e.size AND b.device IS e.device AND b.attributes IS e.attributes
      AND (b.content IS e.content OR (SELECT hash FROM content WHERE id = b.content) = (SELECT hash FROM content WHERE id = e.content))
      AS same, b.content IS NOT NULL AND b.content IS e.content AS known
    FROM entry b LEFT JOIN entry e ON e.path = b.path AND e.first = @backup
    WHERE b.path = @path AND b.first < @backup AND b.last = @backup - 1`,
  )
  const gone = db.prepare(
    `SELECT count(*) FROM entry b WHERE b.last = @backup - 1 AND ${isFile}
      AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.path = b.path AND e.first = @backup)`,
  )
  return {
    entryBefore: (path) => {
      const row = find.get({ backup, path: pathForCatalog(path) }) as
        { readonly file: number; readonly same: number | null; readonly known: number } | undefined
      return row && { isFile: row.file === 1, isSame: row.same === 1, hasSameContent: row.known === 1 }
    },
    filesGone: gone.pluck().get({ backup }) as number,
  }
}

export interface StoredChunks {
  readonly chunks: number
  readonly bytes: number
  /** Numbers of the discs that hold them. */
  readonly discs: readonly number[]
}

/** The chunks that all runs of a backup stored. */
export function storedChunks(db: Catalog, backup: number): StoredChunks {
  const rows = db
    .prepare(
      'SELECT disc, count(*) AS chunks, sum(bytes) AS bytes FROM chunk WHERE backup = ? GROUP BY disc ORDER BY disc',
    )
    .all(backup) as { readonly disc: number; readonly chunks: number; readonly bytes: number }[]
  return {
    chunks: rows.reduce((sum, { chunks }) => sum + chunks, 0),
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    discs: rows.map(({ disc }) => disc),
  }
}

/**
 * Bytes of the recorded files that are new or changed in the backup, plus the stored parts of other files.
 */
export function recordedBytes(db: Catalog, backup: number): number {
  const isAny = db.prepare('SELECT 1 FROM chunk WHERE backup = ? LIMIT 1').get(backup)
  if (isAny === undefined) return 0
  const files = db.prepare(`SELECT coalesce(sum(size), 0) FROM entry WHERE first = ? AND type = 'file'`)
  const parts = db.prepare(`SELECT coalesce(sum(p.size), 0) FROM unfinished u
    JOIN part p ON p.content = u.content JOIN chunk c ON c.number = p.chunk WHERE c.backup = ?`)
  return (files.pluck().get(backup) as number) + (parts.pluck().get(backup) as number)
}
