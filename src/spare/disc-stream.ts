/**
 * The files of a disc as one stream of bytes, in blocks. Damage is reported, and reading continues behind it.
 */

import { createHash } from 'node:crypto'
import { counted } from '../format/counted-text.ts'

export interface StreamFile {
  readonly name: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
}

/** Bytes in order, or an unreadable range. A piece is valid until the next one is requested. */
type Piece = Uint8Array | { readonly offset: number; readonly sizeBytes: number; readonly reason: string }

export type ReadFile = (name: string) => AsyncIterable<Piece>

export interface Trouble {
  readonly name: string
  readonly message: string
}

/** One block of each stream is in memory. A multiple of 8. */
export const blockBytes = 1 << 20

/**
 * Yields blocks of `blockBytes`, the last one padded with zeros. A block is valid until the next one is
 * requested. Unreadable or missing bytes become zeros, and surplus bytes of a file are cut. So each file
 * begins at its right offset.
 */
export async function* streamBlocks(
  files: readonly StreamFile[],
  read: ReadFile,
  onTrouble: (trouble: Trouble) => void,
): AsyncGenerator<Uint8Array> {
  const block = Buffer.from(new ArrayBuffer(blockBytes))
  let filled = 0
  for (const file of files) {
    for await (const piece of exactly(file, read, onTrouble)) {
      for (let at = 0; at < piece.length;) {
        const taken = Math.min(blockBytes - filled, piece.length - at)
        block.set(piece.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled < blockBytes) continue
        yield block
        filled = 0
      }
    }
  }
  if (filled === 0) return
  block.fill(0, filled)
  yield block
}

const zeros = Buffer.alloc(1 << 16)

function* zeroPieces(sizeBytes: number): Generator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= zeros.length)
    yield zeros.subarray(0, Math.min(left, zeros.length))
}

/** Exactly as many bytes as the file should have. */
async function* exactly(
  { name, sizeBytes, sha256 }: StreamFile,
  read: ReadFile,
  onTrouble: (trouble: Trouble) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let left = sizeBytes
  let reason: string | undefined
  for await (const piece of read(name)) {
    if (piece instanceof Uint8Array) {
      if (piece.length > left) reason ??= 'it is longer than it was'
      const taken = piece.subarray(0, left)
      hash.update(taken)
      left -= taken.length
      yield taken
      if (taken.length < piece.length) break
    } else {
      reason ??= piece.reason
      const lost = Math.min(piece.sizeBytes, left)
      left -= lost
      yield* zeroPieces(lost)
    }
  }
  if (left > 0) {
    reason ??= `${left} of ${counted(sizeBytes, 'byte')} ${left === 1 ? 'is' : 'are'} missing`
    yield* zeroPieces(left)
  }
  if (reason === undefined && hash.digest('hex') !== sha256) reason = 'it is not as it was written'
  if (reason !== undefined) onTrouble({ name, message: reason })
}
