/** What earlier runs of a backup stored that was stopped, as the backup before it sees it. */

import { pathForCatalog } from '../format/path-text.ts'
import type { Catalog } from './working-catalog.ts'

/** A path as the backup before has it. */
export interface EntryBefore {
  readonly isFile: boolean
  /** The row that an earlier run made says the same of it, with the same content. */
  readonly isSame: boolean
  /** That row refers to the very content. */
  readonly hasSameContent: boolean
}

export interface EarlierRuns {
  /** Whatever the backup before has of a path whose row an earlier run ended. */
  readonly entryBefore: (path: string) => EntryBefore | undefined
  /** Files of the backup before whose paths an earlier run recorded as gone. */
  readonly filesGone: number
}

const isFileOf = (row: string): string =>
  `(${row}.type = 'file' OR (${row}.type = 'hardlink' AND ${row}.size IS NOT NULL))`
const isFile = isFileOf('b')

/** Which of the names of a file the others are called hard links to does not count. */
const isSameKind = `((b.type = e.type AND b.link IS e.link) OR (${isFile} AND ${isFileOf('e')}))`

/** Undefined where no earlier run of `backup` stored anything. */
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

/** Bytes of the files that are new or changed in the backup and recorded, and of the parts stored of others. */
export function recordedBytes(db: Catalog, backup: number): number {
  const isAny = db.prepare('SELECT 1 FROM chunk WHERE backup = ? LIMIT 1').get(backup)
  if (isAny === undefined) return 0
  const files = db.prepare(`SELECT coalesce(sum(size), 0) FROM entry WHERE first = ? AND type = 'file'`)
  const parts = db.prepare(`SELECT coalesce(sum(p.size), 0) FROM unfinished u
    JOIN part p ON p.content = u.content JOIN chunk c ON c.number = p.chunk WHERE c.backup = ?`)
  return (files.pluck().get(backup) as number) + (parts.pluck().get(backup) as number)
}
