/**
 * Reads the body of an OpenPGP packet at any offset (RFC 9580, 4.2.1). A body of unknown length comes in
 * pieces, each after its length. Writers use equal pieces, so the place of a byte is known without reading
 * the pieces before it. Other pieces are walked once.
 */

import type { BytesAt } from '../media/bytes-at.ts'
import { broken, type PacketHeader } from './packets.ts'

interface Piece {
  /** Its offset in the body, and in the data with the lengths. */
  readonly from: number
  readonly at: number
  readonly sizeBytes: number
}

/** The most octets of a length. */
const lengthBytes = 5
/** The last piece is found from the end. Writers make it as long as a few others at most. */
const mostLastPieces = 8

/**
 * The body with `length` that begins at `start` of `data`, and ends where `data` ends. Throws `damaged` if
 * its lengths do not fit together.
 */
export async function framedBytes(
  data: BytesAt,
  start: number,
  { bytes, isPartial }: PacketHeader['length'],
): Promise<BytesAt> {
  const left = data.sizeBytes - start
  if (!isPartial) {
    const sizeBytes = bytes === Number.POSITIVE_INFINITY ? left : bytes
    if (sizeBytes > left) throw broken('it is cut short')
    return {
      sizeBytes,
      read: (offset, length) => data.read(start + offset, within(offset, length, sizeBytes)),
    }
  }
  const last = await lastOfEqual(data, start, bytes)
  return last === undefined
    ? inPieces(data, await walk(data, start, bytes))
    : inEqualPieces(data, start, bytes, last)
}

const within = (offset: number, length: number, sizeBytes: number): number =>
  Math.max(0, Math.min(length, sizeBytes - offset))

/** The last piece, if all pieces before it have `pieceBytes`. Its length must lead exactly to the end. */
async function lastOfEqual(data: BytesAt, start: number, pieceBytes: number): Promise<Piece | undefined> {
  const count = Math.floor((data.sizeBytes - start) / (pieceBytes + 1)) + 1
  for (let index = count; index >= 1 && index > count - mostLastPieces; index--) {
    const lengthAt = start + index * (pieceBytes + 1) - 1
    const length = readLength(await data.read(lengthAt, lengthBytes))
    if (length === undefined || length.isPartial) continue
    const at = lengthAt + length.octets
    if (at + length.bytes === data.sizeBytes) return { from: index * pieceBytes, at, sizeBytes: length.bytes }
  }
  return undefined
}

function inEqualPieces(data: BytesAt, start: number, pieceBytes: number, last: Piece): BytesAt {
  const sizeBytes = last.from + last.sizeBytes
  const octet = 224 + Math.log2(pieceBytes)
  const placeOf = (offset: number): number =>
    offset >= last.from ? last.at + offset - last.from : start + offset + Math.floor(offset / pieceBytes)
  return {
    sizeBytes,
    read: async (offset, asked) => {
      const length = within(offset, asked, sizeBytes)
      if (length === 0) return Buffer.alloc(0)
      const from = placeOf(offset)
      const raw = await data.read(from, placeOf(offset + length - 1) + 1 - from)
      const body = Buffer.allocUnsafe(length)
      for (let done = 0; done < length;) {
        const here = offset + done
        const isLast = here >= last.from
        const end = isLast ? sizeBytes : (Math.floor(here / pieceBytes) + 1) * pieceBytes
        const at = placeOf(here) - from
        if (done > 0 && !isLast && raw[at - 1] !== octet) throw broken('its pieces do not fit together')
        const some = Math.min(length - done, end - here)
        if (at + some > raw.length) throw broken('it is cut short')
        raw.copy(body, done, at, at + some)
        done += some
      }
      return body
    },
  }
}

async function walk(data: BytesAt, start: number, firstBytes: number): Promise<readonly Piece[]> {
  const pieces: Piece[] = [{ from: 0, at: start, sizeBytes: firstBytes }]
  for (let isPartial = true; isPartial;) {
    const { from, at, sizeBytes } = pieces.at(-1) as Piece
    const length = readLength(await data.read(at + sizeBytes, lengthBytes))
    if (length === undefined) throw broken('it is cut short')
    pieces.push({ from: from + sizeBytes, at: at + sizeBytes + length.octets, sizeBytes: length.bytes })
    isPartial = length.isPartial
  }
  return pieces
}

function inPieces(data: BytesAt, pieces: readonly Piece[]): BytesAt {
  const last = pieces.at(-1) as Piece
  const sizeBytes = last.from + last.sizeBytes
  return {
    sizeBytes,
    read: async (offset, asked) => {
      const length = within(offset, asked, sizeBytes)
      const parts: Buffer[] = []
      for (let index = indexOf(pieces, offset), done = 0; done < length; index++) {
        const piece = pieces[index] as Piece
        const skip = offset + done - piece.from
        const some = Math.min(length - done, piece.sizeBytes - skip)
        const part = await data.read(piece.at + skip, some)
        if (part.length < some) throw broken('it is cut short')
        parts.push(part)
        done += some
      }
      return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    },
  }
}

/** The last piece that begins at or before `offset`. */
function indexOf(pieces: readonly Piece[], offset: number): number {
  let [low, high] = [0, pieces.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pieces[middle] as Piece).from <= offset) low = middle
    else high = middle - 1
  }
  return low
}

interface Length {
  readonly bytes: number
  readonly octets: number
  readonly isPartial: boolean
}

/** Undefined if the octets are cut short. */
function readLength(octets: Buffer): Length | undefined {
  const [first, second] = octets
  if (first === undefined) return undefined
  if (first < 192) return { bytes: first, octets: 1, isPartial: false }
  if (first < 224) {
    return second === undefined
      ? undefined
      : { bytes: ((first - 192) << 8) + second + 192, octets: 2, isPartial: false }
  }
  if (first < 255) return { bytes: 2 ** (first & 31), octets: 1, isPartial: true }
  return octets.length < 5 ? undefined : { bytes: octets.readUInt32BE(1), octets: 5, isPartial: false }
}
