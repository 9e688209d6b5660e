/** Reads any range of a member, with its holes. */

import type { DataRange } from '../format/sparse-map.ts'
import type { FoundMember } from './chunk-members.ts'
import { ButcherError } from '../errors.ts'
import type { ChunkStretches } from './chunk-stretches.ts'
import type { Room } from './room.ts'

const zeros = Buffer.alloc(1 << 20)

/** `count` bytes from `offset`, in pieces that must not be changed. Throws `damaged` if there are fewer. */
export async function readMember(
  stretches: ChunkStretches,
  member: FoundMember,
  offset: number,
  count: number,
  room?: Room,
): Promise<Buffer[]> {
  if (member.ranges === undefined) return stored(stretches, member, offset, count, room)
  const pieces: Buffer[] = []
  for (const { bytes, storedAt } of spans(member.ranges, offset, offset + count)) {
    if (storedAt === undefined) pieces.push(...zerosOf(bytes))
    else pieces.push(...(await stored(stretches, member, storedAt, bytes, room)))
  }
  return pieces
}

async function stored(
  stretches: ChunkStretches,
  member: FoundMember,
  offset: number,
  count: number,
  room: Room | undefined,
): Promise<Buffer[]> {
  if (count === 0) return []
  const pieces = await stretches.read(await stretches.advance(member.at, offset), count, room)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (length < count) throw new ButcherError('damaged', 'the tar is damaged: it is cut short')
  return pieces
}

interface Span {
  readonly bytes: number
  /** Undefined: a hole. */
  readonly storedAt: number | undefined
}

/** Data and holes between `from` and `to`, in order. */
function* spans(ranges: readonly DataRange[], from: number, to: number): Generator<Span> {
  let at = from
  let before = 0
  for (const { offset, length } of ranges) {
    const start = Math.max(offset, from)
    const end = Math.min(offset + length, to)
    if (start < end) {
      if (at < start) yield { bytes: start - at, storedAt: undefined }
      yield { bytes: end - start, storedAt: before + start - offset }
      at = end
    }
    before += length
  }
  if (at < to) yield { bytes: to - at, storedAt: undefined }
}

/** So many zeros, in pieces that must not be changed. */
export function* zerosOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= zeros.length) yield zeros.subarray(0, left)
}
