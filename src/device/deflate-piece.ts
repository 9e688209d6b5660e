/** Packs pieces as parts of one gzip member. Noise is stored as it is, and sums of zeros need no reading. */

import zlib from 'node:zlib'
import { countBytes } from '../compress/compressibility.ts'

const blockBytes = 32_768
/** The longest stored block of deflate (RFC 1951, 3.2.4). */
const storedBytes = 65_535
/** The growing buffer of zlib has few steps so, and the result is seldom copied. */
const chunkSize = 1 << 20
/** 1 is the level at which both cores together are as fast as a card. */
const level = 1

/**
 * Ends at a byte, without the mark of the last block: pieces end to end are one deflate stream (RFC 1951,
 * 3.2.3). zlib takes as long for films and photographs as for a text, and gains nothing: they are stored.
 */
export function deflatePiece(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  for (let from = 0; from < piece.length;) {
    const isStored = isNoise(piece.subarray(from, from + blockBytes))
    let to = from + blockBytes
    while (to < piece.length && isNoise(piece.subarray(to, to + blockBytes)) === isStored) to += blockBytes
    const part = piece.subarray(from, to)
    if (isStored) parts.push(...stored(part))
    else parts.push(zlib.deflateRawSync(part, { level, chunkSize, finishFlush: zlib.constants.Z_SYNC_FLUSH }))
    from = to
  }
  // Always a copy: the memory of zlib's own results cannot be handed to another thread.
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function* stored(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += storedBytes) {
    const part = bytes.subarray(at, at + storedBytes)
    const head = Buffer.alloc(5) // not the last block, stored, then at a byte
    head.writeUInt16LE(part.length, 1)
    head.writeUInt16LE(part.length ^ 0xffff, 3)
    yield head
    yield part
  }
}

const sampled = 2048
const counts = new Uint32Array(256)

/**
 * Whether a sample of the bytes is spread as evenly as that of random bytes, within 10 %. The measure is the
 * sum of the squared counts: n² / 256 + n for n random bytes.
 */
function isNoise(bytes: Uint8Array): boolean {
  if (bytes.length < sampled) return false
  const counted = countBytes(bytes, sampled, counts)
  let squares = 0
  for (const count of counts) squares += count * count
  return squares < (counted * (counted / 256 + 1) * 11) / 10
}

/**
 * The CRC-32 of bytes with the sum `sum`, followed by `2 ** power` zeros. Each bit of the sum moves by
 * itself, so the sums of 32 single bits make all others, and applying them twice doubles the zeros.
 */
export function sumPastZeros(power: number): (sum: number) => number {
  const shortest = Math.min(power, 10)
  const zeros = new Uint8Array(2 ** shortest)
  const none = zlib.crc32(zeros, 0)
  let bits: number[] = Array.from({ length: 32 }, (_, bit) => zlib.crc32(zeros, (1 << bit) >>> 0) ^ none)
  let offset = none
  const move = (sum: number): number => {
    let moved = 0
    for (let bit = 0; bit < 32; bit++) if (((sum >>> bit) & 1) !== 0) moved ^= bits[bit] as number
    return moved
  }
  for (let have = shortest; have < power; have++) {
    offset ^= move(offset)
    bits = bits.map(move)
  }
  return (sum) => (move(sum) ^ offset) >>> 0
}
