/**
 * Two branches of one set: a destination was copied, or an older catalog was restored, and both continued.
 * Each branch then used the same numbers for different backups and chunks, so no catalog can describe both.
 */

import type Database from 'better-sqlite3'

/** The facts that tell the branches of a set apart. */
export interface History {
  /** The start of each backup, in milliseconds since 1970. */
  readonly backups: ReadonlyMap<number, number>
  /** SHA-256 of each chunk, hex. */
  readonly chunks: ReadonlyMap<number, string>
}

export const historyOf = (db: Database.Database): History => ({
  backups: rowsOf<number>(db, 'SELECT number, started FROM backup ORDER BY number'),
  chunks: rowsOf<string>(db, 'SELECT number, lower(hex(sha256)) FROM chunk ORDER BY number'),
})

const rowsOf = <Value>(db: Database.Database, sql: string): ReadonlyMap<number, Value> =>
  new Map(db.prepare(sql).raw().all() as [number, Value][])

/** Whether one number means two different backups or chunks. */
export const areBranches = (a: History, b: History): boolean =>
  firstConflict(a.backups, b.backups) !== undefined || firstConflict(a.chunks, b.chunks) !== undefined

function firstConflict<Value>(a: ReadonlyMap<number, Value>, b: ReadonlyMap<number, Value>) {
  return [...a].find(([number, value]) => b.has(number) && b.get(number) !== value)?.[0]
}

/** The last common backup; 0 if there is none. */
export function lastCommonBackup(a: History, b: History): number {
  const conflict = firstConflict(a.backups, b.backups) ?? Infinity
  const common = [...a.backups.keys()].filter((number) => number < conflict && b.backups.has(number))
  return Math.max(0, ...common)
}

interface Member {
  readonly revision: number
  readonly history: History
}

/** The newest catalog of each branch, among all that were added. */
export class BranchHeads<Catalog extends Member> {
  #heads: readonly Catalog[] = []

  get heads(): readonly Catalog[] {
    return this.#heads
  }

  /** Returns the catalogs that are no longer needed, perhaps including the new one. */
  add(catalog: Catalog): readonly Catalog[] {
    const kin = this.#heads.filter(({ history }) => !areBranches(history, catalog.history))
    if (kin.some(({ revision }) => revision >= catalog.revision)) return [catalog]
    this.#heads = [...this.#heads.filter((head) => !kin.includes(head)), catalog]
    return kin
  }
}
