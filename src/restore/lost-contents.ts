/**
 * The contents that could not be read from their chunks. They are reported at the end, because a second copy
 * may replace them.
 */

import type Database from 'better-sqlite3'
import type { DiscNeed } from './restore-job.ts'
import type { RestoreReport } from './restore-report.ts'

export class LostContents {
  readonly #plan: Database.Database
  readonly #add: Database.Statement

  /** Kept in a temporary table of this connection to `plan`. */
  constructor(plan: Database.Database) {
    this.#plan = plan
    plan.exec('CREATE TEMP TABLE IF NOT EXISTS lost(content INTEGER PRIMARY KEY, reason TEXT NOT NULL)')
    this.#add = plan.prepare('INSERT OR IGNORE INTO temp.lost VALUES (?, ?)')
  }

  /** The first reason counts. */
  add(content: number, reason: string): void {
    this.#add.run(content, reason)
  }

  get isEmpty(): boolean {
    return this.#plan.prepare('SELECT 1 FROM temp.lost LIMIT 1').get() === undefined
  }

  has(content: number): boolean {
    return this.#plan.prepare('SELECT 1 FROM temp.lost WHERE content = ?').get(content) !== undefined
  }

  /** The content was restored from another copy. */
  found(content: number): void {
    this.#plan.prepare('DELETE FROM temp.lost WHERE content = ?').run(content)
  }

  /** The missing discs that hold a lost content. */
  neededOf(missing: readonly DiscNeed[]): DiscNeed[] {
    const needs = this.#plan.prepare(
      `SELECT 1 FROM temp.lost l JOIN piece p ON p.content = l.content JOIN chunk k ON k.number = p.chunk
      WHERE k.disc = ? LIMIT 1`,
    )
    return missing.filter(({ disc }) => needs.get(disc) !== undefined)
  }

  /** Reports every path of a lost content as not restored. */
  reportTo(report: RestoreReport): void {
    const lost = this.#plan.prepare(
      `SELECT t.path, l.reason FROM temp.lost l JOIN target t ON t.content = l.content WHERE t.settled = 0
      ORDER BY l.content, t.path`,
    )
    for (const { path, reason } of lost.iterate() as Iterable<{
      path: string | Uint8Array
      reason: string
    }>) {
      report.failStored(path, reason)
    }
  }
}
