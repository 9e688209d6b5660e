/**
 * Restarts of deflate (RFC 1951) in the middle of a stream. A block can begin at any bit, and zlib begins at
 * a byte. So empty blocks of as many bits as needed are put before it.
 */

import zlib from 'node:zlib'

/** Output that later bytes may refer to. */
export const deflateWindowBytes = 32_768

/**
 * A place of which inflating can begin: the first byte, and the bit in it. `stored`: the length field of a
 * stored block.
 */
export interface DeflatePlace {
  readonly byte: number
  readonly bit: number
  readonly isStored: boolean
}

/** The bits of an empty block of fixed codes: not the last, kind 1, and its end code. 10 bits. */
const emptyFixed = '01' + '0'.repeat(8)

/**
 * An empty block of dynamic codes of 91 bits, an odd number. Symbols 0 and 256 and distance 0 get one bit
 * each: header, 18 lengths of the code for lengths, the lengths (1, 255 zeros, 1, 1), the end code.
 */
const emptyDynamic =
  '001' +
  lowFirst(0, 5) +
  lowFirst(0, 5) +
  lowFirst(14, 4) +
  Array.from({ length: 18 }, (_, i) => lowFirst(i === 2 || i === 17 ? 1 : 0, 3)).join('') +
  `0${`1${lowFirst(127, 7)}`}${`1${lowFirst(106, 7)}`}00` +
  '1'

function lowFirst(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) => (value >> i) & 1).join('')
}

/** Whole bytes, and the low bits of the next byte, for each bit that a block can begin at. */
const prefixes = Array.from({ length: 8 }, (_, bit) => {
  let bits = bit % 2 === 0 ? '' : emptyDynamic
  while (bits.length % 8 !== bit) bits += emptyFixed
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [i, one] of [...bits].entries()) {
    if (one === '1') bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7))
  }
  return bytes
})

/**
 * Deflate data that continues at `place`. `bytes` begins with the byte of the place. The bit that says
 * whether a stored block is the last one lies before its place: `isLast`.
 */
export function restartAt(
  { bit, isStored }: Omit<DeflatePlace, 'byte'>,
  bytes: Buffer,
  isLast = false,
): Buffer {
  if (isStored) return Buffer.concat([Buffer.from([isLast ? 1 : 0]), bytes])
  if (bit === 0) return bytes
  const joined = Buffer.concat([prefixes[bit] as Buffer, bytes.subarray(1)])
  const at = (prefixes[bit] as Buffer).length - 1
  joined[at] = (joined[at] as number) | ((bytes[0] as number) & (0xff << bit))
  return joined
}

/**
 * Inflates from a restart to the end of `data` or of the deflate stream, at most `mostBytes`. Throws zlib's
 * errors.
 */
export function inflateFrom(data: Buffer, window: Uint8Array, mostBytes: number): Buffer {
  return zlib.inflateRawSync(data, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    chunkSize: Math.max(64, mostBytes + 1),
    maxOutputLength: Math.max(1, mostBytes),
    ...(window.length > 0 ? { dictionary: window } : {}),
  })
}

/**
 * The places in `bytes` at which a block may begin, in order. Most of them are right. A restart that gives
 * the same bytes as the stream proves one. The last block of a stream is found only if it is stored.
 */
export function* blockPlaces(bytes: Buffer): Generator<DeflatePlace> {
  // A dynamic block needs at least 17 bits and the code lengths.
  for (let byte = 1; byte + 90 < bytes.length; byte++) {
    const [here, next] = [bytes[byte] as number, bytes[byte + 1] as number]
    if (isStoredLength(bytes, byte)) yield { byte, bit: 0, isStored: true }
    const both = here | (next << 8)
    for (let bit = 0; bit < 8; bit++) {
      if (((both >> bit) & 7) === 4 && isDynamicHeader(bytes, byte * 8 + bit + 3)) {
        yield { byte, bit, isStored: false }
      }
    }
  }
}

/** A length and its complement, after the zeros that fill up the byte before. */
const isStoredLength = (bytes: Buffer, at: number): boolean =>
  ((bytes[at] as number) ^ (bytes[at + 2] as number)) === 0xff &&
  ((bytes[at + 1] as number) ^ (bytes[at + 3] as number)) === 0xff &&
  (bytes[at - 1] as number) < 0x20

/** The order of the lengths of the code for lengths. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** Whether the fields from bit `at` on, after the kind of the block, describe complete codes. */
function isDynamicHeader(bytes: Buffer, at: number): boolean {
  const literals = bitsAt(bytes, at, 5) + 257
  const distances = bitsAt(bytes, at + 5, 5) + 1
  if (literals > 286 || distances > 30) return false
  const count = bitsAt(bytes, at + 10, 4) + 4
  let from = at + 14
  // 128 parts: a code of 7 bits takes one.
  let parts = 0
  for (let i = 0; i < count; i++) {
    const length = bitsAt(bytes, from + 3 * i, 3)
    if (length > 0) parts += 128 >> length
    if (parts > 128) return false
  }
  if (parts !== 128) return false
  const lengths = new Uint8Array(19)
  for (let i = 0; i < count; i++) lengths[lengthOrder[i] as number] = bitsAt(bytes, from + 3 * i, 3)
  from += 3 * count
  return readsCodes(bytes, from, decodingTable(lengths), literals, literals + distances)
}

/** For the next 7 bits: the symbol times 8, and the length of its code. */
function decodingTable(lengths: Uint8Array): Uint8Array {
  const table = new Uint8Array(128)
  let code = 0
  for (let length = 1; length <= 7; length++, code <<= 1) {
    for (let symbol = 0; symbol < 19; symbol++) {
      if (lengths[symbol] !== length) continue
      let reversed = 0
      for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i)
      for (let at = reversed; at < 128; at += 1 << length) table[at] = symbol * 8 + length
      code++
    }
  }
  return table
}

/**
 * Whether the code lengths from bit `from` on are of complete codes, with a code for the end of the block.
 */
function readsCodes(
  bytes: Buffer,
  from: number,
  table: Uint8Array,
  literals: number,
  total: number,
): boolean {
  const lengths = new Uint8Array(total)
  let at = from
  for (let i = 0; i < total;) {
    if (at + 14 > bytes.length * 8) return false
    const entry = table[bitsAt(bytes, at, 7)] as number
    const symbol = entry >> 3
    at += entry & 7
    if (symbol < 16) {
      lengths[i++] = symbol
      continue
    }
    if (symbol === 16 && i === 0) return false
    const bits = symbol === 16 ? 2 : symbol === 17 ? 3 : 7
    const count = bitsAt(bytes, at, bits) + (symbol === 18 ? 11 : 3)
    at += bits
    if (i + count > total) return false
    lengths.fill(symbol === 16 ? (lengths[i - 1] as number) : 0, i, i + count)
    i += count
  }
  if (lengths[256] === 0) return false
  return isComplete(lengths.subarray(0, literals)) && isComplete(lengths.subarray(literals))
}

/** A complete code, or one code alone. A block without matches has no distances. */
function isComplete(lengths: Uint8Array): boolean {
  let parts = 0
  let codes = 0
  for (const length of lengths) {
    if (length === 0) continue
    codes++
    parts += 32_768 >> length
  }
  return parts === 32_768 || codes <= 1
}

/** At most 14 bits. */
function bitsAt(bytes: Buffer, at: number, count: number): number {
  const byte = at >> 3
  const three = (bytes[byte] as number) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16)
  return (three >> (at & 7)) & ((1 << count) - 1)
}
