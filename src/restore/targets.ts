/** The paths of each content, from the plan. */

import type Database from 'better-sqlite3'
import type { Metadata } from './metadata.ts'

export type Target = Metadata & {
  readonly path: string | Uint8Array
  /** Something existed there before this restore, and may be replaced. */
  readonly stood: boolean
}

interface TargetRow {
  readonly path: string | Uint8Array
  readonly mode: number
  readonly owner: number
  readonly seconds: number
  readonly nanoseconds: number
  readonly attributes: number | null
  readonly sparse: number | null
  readonly stood: number
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

const mostOwners = 1000

/**
 * Every file needs these queries. Each reads one table and sorts nothing: a join of three tables takes ten
 * times as long.
 */
export class Targets {
  readonly #plain: Database.Statement
  readonly #sparse: Database.Statement
  readonly #holes: Database.Statement
  readonly #owner: Database.Statement
  readonly #attributes: Database.Statement
  readonly #owners = new Map<number, Owner>()

  constructor(plan: Database.Database) {
    const rows = `SELECT path, mode, owner, seconds, nanoseconds, attributes, sparse, stood FROM target
      WHERE content = ? AND settled = 0`
    this.#plain = plan.prepare(`${rows} AND coalesce(sparse, 0) <> 1`)
    this.#sparse = plan.prepare(`${rows} AND sparse = 1`)
    this.#holes = plan.prepare(
      'SELECT 1 FROM target WHERE content = ? AND settled = 0 AND sparse = 1 LIMIT 1',
    )
    this.#owner = plan.prepare('SELECT uid, gid FROM owner WHERE id = ?')
    this.#attributes = plan.prepare('SELECT data FROM attribute WHERE id = ?').pluck()
  }

  /** The paths that are not done yet. Those with holes come last. */
  *of(content: number): Generator<Target> {
    for (const rows of [this.#plain, this.#sparse]) {
      for (const row of rows.iterate(content) as Iterable<TargetRow>) yield this.#whole(row)
    }
  }

  /** Whether the content is written with holes: one of its paths had some. */
  haveHoles(content: number): boolean {
    return this.#holes.get(content) !== undefined
  }

  #whole(row: TargetRow): Target {
    const { uid, gid } = this.#ownerOf(row.owner)
    const { path, mode, seconds, nanoseconds, sparse } = row
    const attributes =
      row.attributes === null ? null : ((this.#attributes.get(row.attributes) as string | undefined) ?? null)
    return { path, mode, uid, gid, seconds, nanoseconds, attributes, sparse, stood: row.stood === 1 }
  }

  #ownerOf(id: number): Owner {
    const known = this.#owners.get(id)
    if (known !== undefined) return known
    const owner = this.#owner.get(id) as Owner
    if (this.#owners.size >= mostOwners) this.#owners.clear()
    this.#owners.set(id, owner)
    return owner
  }
}
