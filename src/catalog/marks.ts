/**
 * Forgotten and pinned backups: rows of `meta`, so that a catalog with them stays readable for older
 * programs.
 */

import type Database from 'better-sqlite3'
import { forgottenKey, forgottenNumbers, pinnedKey } from '../format/catalog-schema.ts'
import type { RetentionLine } from '../format/retention-line.ts'

/** The marked backups, and when each was marked, in milliseconds since 1970. */
export type Marks = ReadonlyMap<number, number>

export const forgottenBackups = (db: Database.Database): Marks => marksOf(db, forgottenKey)
export const pinnedBackups = (db: Database.Database): Marks => marksOf(db, pinnedKey)

function marksOf(db: Database.Database, key: string): Marks {
  const rows = db
    .prepare(
      `SELECT CAST(substr(key, ?) AS INTEGER) AS number, value FROM main.meta WHERE key GLOB ? ORDER BY 1`,
    )
    .raw()
    .all(key.length + 1, `${key}[0-9]*`) as [number, unknown][]
  return new Map(rows.map(([number, value]) => [number, Number(value) || 0]))
}

export const markForgotten = (db: Database.Database, backup: number, at: number): void =>
  mark(db, forgottenKey + String(backup), at)
export const markPinned = (db: Database.Database, backup: number, at: number): void =>
  mark(db, pinnedKey + String(backup), at)
export const removeForgotten = (db: Database.Database, backup: number): void =>
  unmark(db, forgottenKey + String(backup))
export const removePin = (db: Database.Database, backup: number): void =>
  unmark(db, pinnedKey + String(backup))

function mark(db: Database.Database, key: string, at: number): void {
  db.prepare('INSERT INTO main.meta VALUES (?, ?) ON CONFLICT(key) DO NOTHING').run(key, at)
}

function unmark(db: Database.Database, key: string): void {
  db.prepare('DELETE FROM main.meta WHERE key = ?').run(key)
}

/** The line of a manifest with all marks; undefined without any. */
export function retentionLine(db: Database.Database): RetentionLine | undefined {
  const [forgotten, pinned] = [[...forgottenBackups(db)], [...pinnedBackups(db)]]
  return forgotten.length + pinned.length === 0 ? undefined : { t: 'retention', forgotten, pinned }
}

/** Makes the marks those of a manifest. Backups that the catalog does not have get none. */
export function applyRetention(db: Database.Database, line: RetentionLine | undefined): void {
  db.prepare('DELETE FROM main.meta WHERE key GLOB ? OR key GLOB ?').run(
    `${forgottenKey}[0-9]*`,
    `${pinnedKey}[0-9]*`,
  )
  const has = db.prepare('SELECT 1 FROM main.backup WHERE number = ?')
  for (const [backup, at] of line?.forgotten ?? []) if (has.get(backup)) markForgotten(db, backup, at)
  for (const [backup, at] of line?.pinned ?? []) if (has.get(backup)) markPinned(db, backup, at)
}

/** From now on, statements that name the table `backup` find no forgotten ones. For a reading connection. */
export function hideForgotten(db: Database.Database): void {
  if (forgottenBackups(db).size === 0) return
  const queryOnly = db.pragma('query_only', { simple: true }) as number
  db.pragma('query_only = OFF')
  db.exec(`CREATE TEMP VIEW backup AS SELECT * FROM main.backup WHERE number NOT IN (${forgottenNumbers})`)
  db.pragma(`query_only = ${queryOnly}`)
}
