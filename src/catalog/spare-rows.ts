/** Spare discs. Each can recover any one disc of its group. */

import type Database from 'better-sqlite3'

export interface SpareRow {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly created: number
  /** The size of the whole spare; 0 while it is being made. */
  readonly bytes: number
  readonly discs: readonly number[]
  readonly location: string | null
}

export const spareRows = (db: Database.Database): SpareRow[] =>
  (
    db.prepare('SELECT number, created, bytes, discs, location FROM spare ORDER BY number').all() as (Omit<
      SpareRow,
      'discs'
    > & { readonly discs: string })[]
  ).map((row) => ({ ...row, discs: numbersIn(row.discs) }))

/** Whether the disc is in a group, and so must not change. */
export const isInGroup = (db: Database.Database, disc: number): boolean =>
  spareRows(db).some(({ discs }) => discs.includes(disc))

/** Records a spare, or updates its record. */
export function recordSpare(
  db: Database.Database,
  { number, created, bytes, discs, location }: SpareRow,
): void {
  db.prepare('INSERT OR REPLACE INTO spare VALUES (?, ?, ?, ?, ?)').run(
    number,
    created,
    bytes,
    JSON.stringify(discs),
    location,
  )
}

export const removeSpare = (db: Database.Database, number: number): void =>
  void db.prepare('DELETE FROM spare WHERE number = ?').run(number)

function numbersIn(json: string): number[] {
  try {
    const list = JSON.parse(json) as unknown
    if (Array.isArray(list)) return list.filter((item) => Number.isSafeInteger(item)) as number[]
  } catch {
    // The group is unknown.
  }
  return []
}
