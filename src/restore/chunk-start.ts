/**
 * Where in a chunk's tar the first wanted member is, about: what was stored before it, by the catalog. bzip2's blocks hold much
 * the same each, so those before need not be decompressed. It is no more than a guess, and what is found there is proven
 * by its hash.
 */

import type Database from 'better-sqlite3'

/** The question looks through all contents: not worth it for what is strewn over a set. */
const mostChunks = 8
/** A block holds more only where bytes repeat, as the zeros between members do: the guess is made lower by so much. */
const blockBytes = 900_000
const surelyBefore = 0.85
/** Less is read as fast. */
const leastBlocks = 16
/** Pax records are not counted, nor is what the catalog knows no more. */
const moreBytes = 128 << 20

/** Notes in `plan` how many bytes of each chunk's tar come before what is wanted of it; for a few chunks only. */
export function planStarts(catalog: Database.Database, plan: Database.Database): void {
  const wanted = plan
    .prepare('SELECT chunk, min(content) AS content FROM piece GROUP BY chunk LIMIT ?')
    .all(mostChunks + 1) as { chunk: number; content: number }[]
  if (wanted.length > mostChunks) return
  // A header, and what is stored filled up to blocks. Pax records come on top, so the guess is too low rather than too high.
  const bytes = 'total((size + 511) / 512 * 512 + 512)'
  const contents = catalog.prepare(`SELECT ${bytes} FROM content WHERE id < ? AND chunk = ?`).pluck()
  const parts = catalog.prepare(`SELECT ${bytes} FROM part WHERE content < ? AND chunk = ?`).pluck()
  const add = plan.prepare('INSERT INTO start SELECT number, ? FROM chunk WHERE number = ?')
  for (const { chunk, content } of wanted) {
    add.run((contents.get(content, chunk) as number) + (parts.get(content, chunk) as number), chunk)
  }
}

export interface ChunkStart {
  /** How many blocks of the chunk hold nothing that is wanted. */
  readonly blocks: number
  /** So many bytes behind them something wanted should have come. */
  readonly withinBytes: number
}

/** Undefined where the chunk is as well read from its beginning. */
export function startOf(plan: Database.Database, chunk: number): ChunkStart | undefined {
  const bytes = plan.prepare('SELECT bytes FROM start WHERE chunk = ?').pluck().get(chunk) as
    number | undefined
  const blocks = Math.floor(((bytes ?? 0) * surelyBefore) / blockBytes) - 1
  if (bytes === undefined || blocks < leastBlocks) return undefined
  return { blocks, withinBytes: bytes * (1 - surelyBefore) + moreBytes }
}
