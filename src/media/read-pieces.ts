/** Reads a file in large pieces, in order, and in ever smaller ones around unreadable places. */

import { systemText } from '../errors.ts'
import type { BadRange, Piece } from './disc-reader.ts'

/** At this size a drive reads ahead by itself, and the cost of a call is negligible. */
const pieceBytes = 4 << 20
/** One error-correcting block of a Blu-ray disc, 32 sectors: if one sector fails, usually all do. */
export const blockBytes = 64 << 10

/** Reads into `buffer` from `offset`; resolves with the number of bytes, 0 at the end. */
export type Read = (buffer: Uint8Array, offset: number) => Promise<number>

/** Reads the next piece while one is in use. A bad range is a multiple of `stepBytes`, except at the end. */
export async function* readPieces(read: Read, size: number, stepBytes: number): AsyncGenerator<Piece> {
  const length = Math.max(1, Math.min(pieceBytes, size))
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)] as const
  const begin = (which: number, offset: number): Promise<number | { failed: unknown }> =>
    read((buffers[which & 1] as Buffer).subarray(0, Math.max(0, size - offset)), offset).catch(
      (failed: unknown) => ({ failed }),
    )
  let offset = 0
  let pending = begin(0, 0)
  try {
    for (let turn = 0; offset < size; turn++) {
      const count = await pending
      const buffer = buffers[turn & 1] as Buffer
      if (typeof count !== 'number') {
        const end = Math.min(size, offset + length)
        yield* joined(readAround(read, buffer, { offset, end }, stepBytes))
        offset = end
        pending = begin(turn + 1, offset)
        continue
      }
      if (count === 0) return
      offset += count
      pending = begin(turn + 1, offset)
      yield buffer.subarray(0, count)
    }
  } finally {
    await pending
  }
}

interface Range {
  readonly offset: number
  readonly end: number
}

/** Halves an unreadable range down to one block, and reads that step by step. */
async function* readAround(
  read: Read,
  buffer: Buffer,
  whole: Range,
  stepBytes: number,
): AsyncGenerator<Piece> {
  const left: Range[] = [...parts(whole, stepBytes)].reverse()
  for (let range = left.pop(); range !== undefined; range = left.pop()) {
    const { offset, end } = range
    let count: number
    try {
      count = await read(buffer.subarray(0, end - offset), offset)
    } catch (error) {
      const smaller = parts(range, stepBytes)
      if (smaller.length > 1) left.push(...smaller.reverse())
      else yield { offset, sizeBytes: end - offset, reason: systemText(error) }
      continue
    }
    if (count === 0) return
    yield buffer.subarray(0, count)
    if (offset + count < end) left.push({ offset: offset + count, end })
  }
}

function parts({ offset, end }: Range, stepBytes: number): Range[] {
  const sizeBytes = end - offset
  if (sizeBytes > blockBytes) {
    const middle = offset + Math.ceil(sizeBytes / 2 / blockBytes) * blockBytes
    return [
      { offset, end: middle },
      { offset: middle, end },
    ]
  }
  const steps: Range[] = []
  for (let at = offset; at < end; at += stepBytes)
    steps.push({ offset: at, end: Math.min(end, at + stepBytes) })
  return steps
}

/** Joins adjacent bad ranges. */
async function* joined(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  let bad: BadRange | undefined
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      if (bad) yield bad
      bad = undefined
      yield piece
    } else if (bad?.reason === piece.reason && bad.offset + bad.sizeBytes === piece.offset) {
      bad = { ...bad, sizeBytes: bad.sizeBytes + piece.sizeBytes }
    } else {
      if (bad) yield bad
      bad = piece
    }
  }
  if (bad) yield bad
}
