/**
 * Estimates the position of the first wanted member in a chunk's tar, from the contents stored before it.
 * bzip2 blocks hold similar amounts, so the blocks before it need not be decompressed. It is only a guess:
 * the hash proves the members found there.
 */

import type Database from 'better-sqlite3'
import { pieceFolder } from '../format/piece.ts'

/** The query scans all contents, which is too slow if the members are spread over a set. */
const mostChunks = 8
/**
 * A block holds more only if bytes repeat, like the zeros between members. So the guess is lowered to this
 * share.
 */
const blockBytes = 900_000
const surelyBefore = 0.85
/** Skipping fewer blocks saves no time. */
const leastBlocks = 16
/** A reserve for pax records, and for contents that the catalog has forgotten. */
const moreBytes = 128 << 20

/** Writes into `plan` the tar bytes before the first wanted member of each chunk, for a few chunks only. */
export function planStarts(catalog: Database.Database, plan: Database.Database): void {
  const wanted = plan
    // Pieces are older than the content that they belong to, so nothing is known of their chunk.
    .prepare(
      `SELECT chunk, min(content) AS content FROM piece GROUP BY chunk
        HAVING max(member GLOB '${pieceFolder}/*') = 0 LIMIT ?`,
    )
    .all(mostChunks + 1) as { chunk: number; content: number }[]
  if (wanted.length > mostChunks) return
  // A header, and the content padded to blocks. Pax records come on top, so the guess is rather too low.
  const bytes = 'total((size + 511) / 512 * 512 + 512)'
  const contents = catalog.prepare(`SELECT ${bytes} FROM content WHERE id < ? AND chunk = ?`).pluck()
  const parts = catalog.prepare(`SELECT ${bytes} FROM main.part WHERE content < ? AND chunk = ?`).pluck()
  const add = plan.prepare('INSERT INTO start SELECT number, ? FROM chunk WHERE number = ?')
  for (const { chunk, content } of wanted) {
    add.run((contents.get(content, chunk) as number) + (parts.get(content, chunk) as number), chunk)
  }
}

export interface ChunkStart {
  /** The number of blocks to skip. */
  readonly blocks: number
  /** Within this many bytes after them, a wanted member should appear. */
  readonly withinBytes: number
}

/** Undefined if reading the chunk from its beginning is as fast. */
export function startOf(plan: Database.Database, chunk: number): ChunkStart | undefined {
  const bytes = plan.prepare('SELECT bytes FROM start WHERE chunk = ?').pluck().get(chunk) as
    number | undefined
  const blocks = Math.floor(((bytes ?? 0) * surelyBefore) / blockBytes) - 1
  if (bytes === undefined || blocks < leastBlocks) return undefined
  return { blocks, withinBytes: bytes * (1 - surelyBefore) + moreBytes }
}
