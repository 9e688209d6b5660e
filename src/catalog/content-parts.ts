/** The places of the bytes of a content: whole in one chunk, or in parts. */

import type Database from 'better-sqlite3'
import { pieceBytes, pieceMember, type PieceRun, piecesOfSize } from '../format/piece.ts'
import { hasPieceTable } from './piece-rows.ts'

export interface FoundContent {
  readonly id: number
  readonly size: number
  readonly hash: Uint8Array | null
  readonly parts: number
  readonly chunk: number | null
}

export interface FoundPart {
  readonly part: number
  readonly chunk: number
  readonly offset: number
  readonly size: number
  readonly hash: Uint8Array
}

/** The parts of the whole content, or undefined if the catalog does not have all of them. */
export function partsOf(content: FoundContent, parts: () => FoundPart[]): readonly FoundPart[] | undefined {
  const { size, hash, chunk } = content
  if (hash === null || size < 0) return undefined
  if (size === 0) return [] // nothing to read
  if (content.parts === 1) return chunk === null ? undefined : [{ part: 1, chunk, offset: 0, size, hash }]
  const found = parts()
  let offset = 0
  for (const [i, part] of found.entries()) {
    if (part.part !== i + 1 || part.offset !== offset || part.size < 0) return undefined
    offset += part.size
  }
  return found.length === content.parts && offset === size ? found : undefined
}

interface StoredPiece {
  /** Its own number as a content. */
  readonly stored: number
  readonly chunk: number
  readonly offset: number
  readonly size: number
  readonly hash: Uint8Array
  readonly member: string
}

interface ChunkPlace {
  readonly number: number
  readonly disc: number
  /** Its file name. */
  readonly name: string
  readonly bytes: number
}

/** Looks up single contents. */
export class ContentRows {
  readonly #content: Database.Statement
  readonly #parts: Database.Statement
  readonly #chunk: Database.Statement
  readonly #stored: Database.Statement
  readonly #runs: Database.Statement | undefined

  constructor(db: Database.Database) {
    this.#content = db.prepare('SELECT id, size, hash, parts, chunk FROM content WHERE id = ?')
    this.#parts = db.prepare(
      'SELECT part, chunk, offset, size, hash FROM part WHERE content = ? ORDER BY part',
    )
    this.#stored = db.prepare('SELECT size, hash, chunk FROM content WHERE id = ?')
    this.#runs = hasPieceTable(db)
      ? db.prepare('SELECT part, count, stored FROM piece WHERE content = ? AND part <= ? ORDER BY part DESC')
      : undefined
    this.#chunk = db.prepare('SELECT number, disc, name, bytes FROM chunk WHERE number = ?')
  }

  content(id: number): FoundContent | undefined {
    return this.#content.get(id) as FoundContent | undefined
  }

  parts(content: number): FoundPart[] {
    return this.#parts.all(content) as FoundPart[]
  }

  chunk(number: number): ChunkPlace | undefined {
    return this.#chunk.get(number) as ChunkPlace | undefined
  }

  /**
   * The pieces that hold the bytes from `from` to `to` of a content in pieces, without those of zeros.
   * Undefined if the catalog lacks one.
   */
  piecesBetween({ id, size }: FoundContent, from: number, to: number): StoredPiece[] | undefined {
    const first = Math.floor(from / pieceBytes) + 1
    const last = piecesOfSize(to)
    const pieces: StoredPiece[] = []
    for (const run of (this.#runs?.iterate(id, last) ?? []) as Iterable<PieceRun>) {
      if (run.part + run.count <= first) break
      for (let part = Math.min(last, run.part + run.count - 1); part >= Math.max(first, run.part); part--) {
        const stored = run.stored + part - run.part
        const offset = (part - 1) * pieceBytes
        const row = this.#stored.get(stored) as Omit<FoundContent, 'id' | 'parts'> | undefined
        if (row?.hash == null || row.chunk === null) return undefined
        if (row.size !== Math.min(pieceBytes, size - offset)) return undefined
        const { hash, chunk } = row
        pieces.push({ stored, chunk, offset, size: row.size, hash, member: pieceMember(stored) })
      }
    }
    return pieces.reverse()
  }
}
