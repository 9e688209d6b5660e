/**
 * The life of discs outside the destination: the burned copies, their readings with results, and their
 * locations. The row of a disc summarizes its copies.
 */

import { maxNameBytes } from './check-values.ts'
import type { Catalog } from './working-catalog.ts'

/** The state of a copy. A disc without copies is `open` or `sealed`. */
export type CopyState = 'burned' | 'verified' | 'damaged' | 'lost'

export interface DiscCopy {
  readonly disc: number
  /** From 1. */
  readonly copy: number
  readonly state: CopyState
  /** Milliseconds since 1970; null if butcher did not burn the copy. */
  readonly burned: number | null
  /** The drive that burned it, by its own name. */
  readonly burner: string | null
  /** The last complete and sound reading; milliseconds since 1970. */
  readonly verified: number | null
  /** Its location, in the user's words. */
  readonly location: string | null
}

/** One reading of a copy, from its first byte to its last. */
export interface Reading {
  readonly disc: number
  readonly copy: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly result: 'sound' | 'damaged'
  /** Bytes read. */
  readonly bytes: number
  /** Files that were damaged or missing. */
  readonly damaged: number
}

/** The copies, of one disc or of all, in order. */
export function copyRows(db: Catalog, disc?: number): DiscCopy[] {
  const where = disc === undefined ? '' : 'WHERE disc = ?'
  const sql = `SELECT disc, copy, state, burned, burner, verified, location FROM copy ${where} ORDER BY disc, copy`
  return db.prepare(sql).all(...(disc === undefined ? [] : [disc])) as DiscCopy[]
}

/** Whether a copy is neither lost nor known to be damaged. */
export const isGood = ({ state }: DiscCopy): boolean => state === 'verified' || state === 'burned'

/** Whether butcher has neither burned nor read a copy: only the user says that it exists. */
export const isUnread = ({ state, burned }: DiscCopy): boolean => state === 'burned' && burned === null

/** The readings, of one disc or of all, oldest first. */
export function readingRows(db: Catalog, disc?: number): Reading[] {
  const where = disc === undefined ? '' : 'WHERE disc = ?'
  const sql = `SELECT disc, copy, at, result, bytes, damaged FROM reading ${where} ORDER BY at, disc, copy`
  return db.prepare(sql).all(...(disc === undefined ? [] : [disc])) as Reading[]
}

/** Records facts about a copy, and creates its row if needed. Fields that are left out stay unchanged. */
export function recordCopy(
  db: Catalog,
  disc: number,
  copy: number,
  change: Partial<Omit<DiscCopy, 'disc' | 'copy'>>,
): void {
  db.prepare(`INSERT OR IGNORE INTO copy(disc, copy, state) VALUES (?, ?, 'burned')`).run(disc, copy)
  for (const column of ['state', 'burned', 'burner', 'verified', 'location'] as const) {
    if (change[column] === undefined) continue
    db.prepare(`UPDATE copy SET ${column} = ? WHERE disc = ? AND copy = ?`).run(change[column], disc, copy)
  }
  sumUp(db, disc)
}

/** Removes the record of a copy. */
export function removeCopy(db: Catalog, disc: number, copy: number): void {
  db.prepare('DELETE FROM copy WHERE disc = ? AND copy = ?').run(disc, copy)
  sumUp(db, disc)
}

/** Records a reading, and its result for the copy. */
export function recordReading(db: Catalog, reading: Reading): void {
  const { disc, copy, at, result, bytes, damaged } = reading
  db.prepare('INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)').run(
    disc,
    copy,
    at,
    result,
    bytes,
    damaged,
  )
  recordCopy(db, disc, copy, result === 'sound' ? { state: 'verified', verified: at } : { state: 'damaged' })
}

/** The newest reading of each copy of a disc, by the copy's number. */
export const newestReadings = (db: Catalog, disc: number): ReadonlyMap<number, Reading> =>
  new Map(readingRows(db, disc).map((reading) => [reading.copy, reading]))

/**
 * The copies without a complete, sound reading between `before` and `now` (milliseconds since 1970), without
 * the lost ones. A reading after `now` was recorded with a wrong clock, and does not count.
 */
export function copiesDue(db: Catalog, before: number, now: number): DiscCopy[] {
  const counts = (at: number | null): boolean => at !== null && at >= before && at <= now
  const read = new Set(
    readingRows(db)
      .filter(({ result, at }) => result === 'sound' && counts(at))
      .map(({ disc, copy }) => `${disc} ${copy}`),
  )
  return copyRows(db).filter(
    ({ disc, copy, state, verified }) =>
      state !== 'lost' && !counts(verified) && !read.has(`${disc} ${copy}`),
  )
}

/** An open disc is closed for new chunks. Other discs stay unchanged. */
export function sealDisc(db: Catalog, disc: number): void {
  db.prepare(`UPDATE disc SET state = 'sealed' WHERE number = ? AND state = 'open'`).run(disc)
}

/** From best to worst: a disc is as good as the best of its copies. */
const byWorth: readonly CopyState[] = ['verified', 'burned', 'damaged', 'lost']

/** The locations of many copies can be longer than a value in the catalog may be. */
function shortened(text: string): string {
  let short = text
  while (Buffer.byteLength(short) > maxNameBytes) short = short.slice(0, -100)
  return short.toWellFormed()
}

function sumUp(db: Catalog, disc: number): void {
  const copies = copyRows(db, disc)
  const best = byWorth.find((state) => copies.some((copy) => copy.state === state))
  const newest = (times: readonly (number | null)[]): number | null =>
    times.reduce((latest, time) => (time !== null && time > (latest ?? 0) ? time : latest), null)
  const places = copies.flatMap(({ copy, location }) =>
    location === null ? [] : [copies.length === 1 ? location : `${location} (copy ${copy})`],
  )
  db.prepare('UPDATE disc SET state = ?, burned = ?, verified = ?, location = ? WHERE number = ?').run(
    best ?? 'sealed',
    newest(copies.map(({ burned }) => burned)),
    newest(copies.map(({ verified }) => verified)),
    places.length === 0 ? null : shortened(places.join('; ')),
    disc,
  )
}
