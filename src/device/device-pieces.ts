/** The pieces of a disk in order, one read ahead, hashed on the way. */

import { sharedPageMemory } from '../files/page-memory.ts'

export const pieceBytes = 4 << 20

/** A piece in one slot of the memory that the threads share. */
export interface DevicePiece {
  readonly slot: number
  readonly offset: number
  readonly bytes: Uint8Array
  readonly isZero: boolean
}

export interface PieceMemory {
  readonly buffer: SharedArrayBuffer
  /** The bytes of a free slot. There is one: the caller holds at most `slots - 2`. */
  readonly take: (length: number) => { readonly slot: number; readonly bytes: Uint8Array }
  readonly release: (slot: number) => void
}

export function pieceMemory(slots: number): PieceMemory {
  const buffer = sharedPageMemory(slots * pieceBytes)
  const free = Array.from({ length: slots }, (_, slot) => slot)
  return {
    buffer,
    take: (length) => {
      const slot = free.pop()
      if (slot === undefined) throw new Error('no slot is free')
      return { slot, bytes: new Uint8Array(buffer, slot * pieceBytes, length) }
    },
    release: (slot) => void free.push(slot),
  }
}

const zeros = Buffer.alloc(pieceBytes)

/**
 * Yields the pieces of `bytes` bytes. `fill` gets the memory for one piece and its offset. The caller
 * releases each slot. The next piece is being read while the caller works.
 */
export async function* devicePieces(
  bytes: number,
  memory: PieceMemory,
  fill: (into: Uint8Array, offset: number) => Promise<void>,
): AsyncGenerator<DevicePiece, undefined> {
  const start = (offset: number): Promise<Omit<DevicePiece, 'isZero'>> => {
    const { slot, bytes: into } = memory.take(Math.min(pieceBytes, bytes - offset))
    return fill(into, offset).then(() => ({ slot, offset, bytes: into }))
  }
  let next = bytes > 0 ? start(0) : undefined
  try {
    while (next !== undefined) {
      const piece = await next
      const after = piece.offset + piece.bytes.length
      next = after < bytes ? start(after) : undefined
      // Its error is thrown when its turn comes.
      next?.catch(() => {})
      yield { ...piece, isZero: Buffer.compare(piece.bytes, zeros.subarray(0, piece.bytes.length)) === 0 }
    }
  } finally {
    // No read may go on into memory that is given up, or from a disk that is closed.
    await next?.catch(() => {})
  }
}
