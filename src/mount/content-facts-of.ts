/** Looks up where a file's content is. */

import type Database from 'better-sqlite3'
import { ContentRows, type FoundContent, partsOf } from '../catalog/content-parts.ts'
import { partName } from '../format/member-name.ts'
import { inPieces } from '../format/piece.ts'
import type { ChunkFacts, ContentFacts, PieceFacts } from '../stretches/content-facts.ts'

/** A content whose pieces are looked up for each read: there may be millions. */
export interface PiecedContent {
  readonly inPieces: FoundContent
}

export class ContentLookup {
  readonly #rows: ContentRows

  constructor(db: Database.Database) {
    this.#rows = new ContentRows(db)
  }

  /** `member`: its name, without the suffix of a part. Undefined if the catalog does not have all of it. */
  find(id: number, member: string): ContentFacts | PiecedContent | undefined {
    const content = this.#rows.content(id)
    if (content?.chunk === inPieces && content.size > 0) return { inPieces: content }
    const parts = content && partsOf(content, () => this.#rows.parts(id))
    if (content === undefined || parts === undefined) return undefined
    const count = content.parts
    const found = parts.map(({ part, chunk, offset, size, hash }) => ({
      chunk,
      member: partName(member, part, count),
      offset,
      sizeBytes: size,
      hash,
      content: id,
      part: count > 1 ? part : 0,
    }))
    return this.#withChunks(content.size, found)
  }

  /** The pieces that hold the bytes from `offset` on. Undefined if the catalog does not have all of them. */
  between({ inPieces: content }: PiecedContent, offset: number, bytes: number): ContentFacts | undefined {
    const end = Math.min(content.size, offset + bytes)
    const pieces = offset < end ? this.#rows.piecesBetween(content, offset, end) : []
    const found = pieces?.map(({ stored, size, ...piece }) => ({
      ...piece,
      sizeBytes: size,
      content: stored,
      part: 0,
    }))
    return found && this.#withChunks(content.size, found)
  }

  #withChunks(
    sizeBytes: number,
    pieces: readonly (Omit<PieceFacts, 'chunk'> & { readonly chunk: number })[],
  ): ContentFacts | undefined {
    const chunks = new Map<number, ChunkFacts | undefined>()
    const all: PieceFacts[] = []
    for (const { chunk: number, ...piece } of pieces) {
      if (!chunks.has(number)) chunks.set(number, this.#rows.chunk(number))
      const chunk = chunks.get(number)
      if (chunk === undefined) return undefined
      all.push({ ...piece, chunk })
    }
    return { sizeBytes, pieces: all }
  }
}
