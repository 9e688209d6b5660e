/** The places of contents. */

import type Database from 'better-sqlite3'

export interface StoredPart {
  readonly part: number
  readonly disc: number
  readonly chunk: number
}

/** Returns the function that lists the parts of a content in their order. None if nothing is stored yet. */
export function partReader(db: Database.Database): (content: number) => StoredPart[] {
  const whole = db.prepare(
    `SELECT 1 AS part, k.disc, k.number AS chunk FROM content c JOIN chunk k ON k.number = c.chunk WHERE c.id = ?`,
  )
  const parts = db.prepare(
    `SELECT p.part, k.disc, p.chunk FROM part p JOIN chunk k ON k.number = p.chunk WHERE p.content = ? ORDER BY p.part`,
  )
  return (content) => {
    const stored = parts.all(content) as StoredPart[]
    return stored.length > 0 ? stored : (whole.all(content) as StoredPart[])
  }
}
