/** The expected files of a disc: by the catalog, which takes precedence, and by the disc's own SHA256SUMS. */

import type Database from 'better-sqlite3'
import { chunkFolder } from '../format/layout.ts'

export interface KnownChunk {
  readonly chunk: number
  readonly disc: number
  /** Relative to the disc. */
  readonly name: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** The chunks of a set, from its catalog. */
export class ChunkIndex {
  readonly #ofDisc: Database.Statement
  readonly #ofHash: Database.Statement
  readonly #newest: number

  constructor(db: Database.Database) {
    const columns = `number AS chunk, disc, '${chunkFolder}/' || name AS name, bytes, lower(hex(sha256)) AS sha256`
    this.#ofDisc = db.prepare(`SELECT ${columns} FROM chunk WHERE disc = ? ORDER BY number`)
    this.#ofHash = db.prepare(`SELECT ${columns} FROM chunk WHERE sha256 = ? ORDER BY number LIMIT 1`)
    this.#newest = (db.prepare('SELECT max(number) FROM chunk').pluck().get() as number | null) ?? 0
  }

  ofDisc(disc: number): KnownChunk[] {
    return this.#ofDisc.all(disc) as KnownChunk[]
  }

  /** The chunk with this content, whatever the name of its file. */
  byHash(sha256: string): KnownChunk | undefined {
    return this.#ofHash.get(Buffer.from(sha256, 'hex')) as KnownChunk | undefined
  }

  /** Chunks with higher numbers are newer than the catalog. */
  get newest(): number {
    return this.#newest
  }

  /** The disc of a SHA256SUMS: the one with most of the listed chunks. */
  discOf(sums: ReadonlyMap<string, string>): number | undefined {
    const votes = new Map<number, number>()
    for (const [name, sha256] of sums) {
      if (!name.startsWith(`${chunkFolder}/`)) continue
      const known = this.byHash(sha256)
      if (known) votes.set(known.disc, (votes.get(known.disc) ?? 0) + 1)
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0]
  }
}
