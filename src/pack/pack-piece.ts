/** Puts one piece of a file into a chunk. */

import { hash as hashOf } from 'node:crypto'
import type { PieceOrder, PackItem } from './item.ts'
import { type PackContext, readFailure } from './pack-context.ts'
import { fileHeader } from './pack-member.ts'
import type { ItemResult } from './protocol.ts'

/** The piece must be as it was hashed: the hash of the whole file is known by then. */
export async function packPiece(
  context: PackContext,
  item: PackItem,
  { offset, hash }: PieceOrder,
): Promise<ItemResult> {
  let bytes: Buffer
  try {
    bytes = await context.pieces.read(item.path, offset, item.size)
  } catch (error) {
    return readFailure(item, error)
  }
  if (bytes.length < item.size || hashOf(context.hash, bytes) !== hash) {
    return { seq: item.seq, outcome: 'failed', message: 'changed while it was read', bytes: 0 }
  }
  const wait = context.writer.add(fileHeader(item, item.member, bytes.length), bytes)
  if (wait) await wait
  context.addLines([
    { t: 'content', id: item.content, size: item.size, hash, parts: 0, chunk: context.chunk },
  ])
  return { seq: item.seq, outcome: 'stored', bytes: item.size }
}
