/** Spare discs, each of a group of discs of which it brings back any one. */

import type Database from 'better-sqlite3'

export interface SpareRow {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly created: number
  /** Of the whole spare; 0 while it is being made. */
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

/** Whether the disc is of a group, and so must stay as it is. */
export const isInGroup = (db: Database.Database, disc: number): boolean =>
  spareRows(db).some(({ discs }) => discs.includes(disc))

/** Records a spare, or what is known of it now. */
export function noteSpare(
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
    // a group that nothing is known of
  }
  return []
}
