/** The catalog that a run works on: a separate file, outside the destination, that nobody else opens. */

import type Database from 'better-sqlite3'
import {
  catalogApplicationId,
  catalogVersion,
  tables,
  views,
  viewsWithPieces,
} from '../format/catalog-schema.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { hasPieceTable, showPiecesAsParts } from './piece-rows.ts'

export type Catalog = Database.Database

/** Makes an empty catalog in `file`. */
export function createCatalog(file: string): Catalog {
  const db = openWorkingCatalog(file)
  db.exec(tables)
  db.exec(views)
  db.pragma(`application_id = ${catalogApplicationId}`)
  db.pragma(`user_version = ${catalogVersion}`)
  return db
}

/**
 * Opens a catalog for writing. It needs no SQLite journal: the destination's journal has the work of a
 * crashed run, and the next run starts from the destination's own catalog.
 */
export function openWorkingCatalog(file: string): Catalog {
  const db = openDatabase(file)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('cache_size = -8000')
  showPiecesAsParts(db)
  return db
}

/** The number of pages in the catalog's file. */
export const pageCount = (db: Catalog): number => db.pragma('main.page_count', { simple: true }) as number

/** Lets a transaction be rolled back. */
export const keepRollback = (db: Catalog): void => {
  db.pragma('journal_mode = DELETE')
}

/** Does `work`, which may read a table of `db` while it writes another one, as one transaction. */
export async function inTransaction(db: Catalog, work: () => Promise<void>): Promise<void> {
  db.unsafeMode(true)
  db.exec('BEGIN')
  try {
    await work()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  } finally {
    db.unsafeMode(false)
  }
}

/** Whether the file has free pages, so that a copy would be smaller. */
export const hasFreePages = (db: Catalog): boolean => db.pragma('main.freelist_count', { simple: true }) !== 0

/** Recreates views that differ from ours: a foreign catalog may define them as anything. */
export function renewViews(db: Catalog): void {
  const found = db.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'view'`).all() as View[]
  const texts = found.map(({ sql }) => `${sql};`)
  const wanted = hasPieceTable(db) ? viewsWithPieces : views
  if (texts.join('\n') === wanted.trim()) return
  const names = found.map(({ name }) => name)
  for (const name of names) db.exec(`DROP VIEW "${name.replaceAll('"', '""')}"`)
  db.exec(wanted)
}

interface View {
  readonly name: string
  readonly sql: string
}

export function getMeta(db: Catalog, key: string): string | undefined {
  const row = db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: unknown } | undefined
  return row === undefined || row.value === null ? undefined : String(row.value)
}

export function setMeta(db: Catalog, key: string, value: string | number): void {
  db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value').run(
    key,
    value,
  )
}

/** Returns the function that checks whether a chunk or disc has a row. */
export function rowFinder(db: Catalog, table: 'chunk' | 'disc'): (number: number) => boolean {
  const find = db.prepare(`SELECT 1 FROM ${table} WHERE number = ?`)
  return (number) => find.get(number) !== undefined
}

/** The highest used number, or 0. */
export function highest(db: Catalog, table: 'backup' | 'disc' | 'chunk' | 'content'): number {
  const column = table === 'content' ? 'id' : 'number'
  return (db.prepare(`SELECT coalesce(max(${column}), 0) AS n FROM ${table}`).get() as { n: number }).n
}

/** The highest used content number, including missing chunks that a rebuilt catalog knows about. */
export const highestContent = (db: Catalog): number =>
  Math.max(highest(db, 'content'), Number(getMeta(db, 'contents') ?? 0))
