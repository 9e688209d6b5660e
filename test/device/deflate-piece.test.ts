/** The parts of a gzip image: zlib reads them back, noise is stored, and the sum of zeros is right. */

import { createHash, randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { deflatePiece, sumPastZeros } from '../../src/device/deflate-piece.ts'

const lastBlock = Buffer.from([3, 0])
const inflate = (parts: readonly Uint8Array[]): Buffer =>
  zlib.inflateRawSync(Buffer.concat([...parts, lastBlock]))

const text = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919}\n`).join(''))

describe('pieces end to end are one deflate stream', () => {
  const noise = randomBytes(200_001)
  test.each<[string, readonly Buffer[]]>([
    ['text', [text]],
    ['noise', [noise]],
    ['text and noise in turn, cut anywhere', [text, noise, text.subarray(5), noise.subarray(0, 65_537)]],
    ['noise in the middle of text', [Buffer.concat([text, noise, text])]],
    ['nothing, one byte, zeros', [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(100_000)]],
  ])('%s', (_, pieces) => {
    expect(inflate(pieces.map((piece) => deflatePiece(piece))).equals(Buffer.concat(pieces))).toBe(true)
  })
})

test('noise grows by its headers, and all else shrinks as much as zlib can', () => {
  const noise = randomBytes(1 << 20)
  expect(deflatePiece(noise).length).toBe(noise.length + 5 * 17)
  const byZlib = zlib.deflateRawSync(text, { level: 1, finishFlush: zlib.constants.Z_SYNC_FLUSH })
  expect(deflatePiece(text).length).toBe(byZlib.length)
  // 256 values in equal numbers, and yet no noise: hex digits and numbers must not be stored.
  const digits = Buffer.from(createHash('sha512').update('x').digest('hex').repeat(4000))
  expect(deflatePiece(digits).length).toBeLessThan(digits.length / 20)
})

test.each([0, 1, 9, 10, 11, 22])('the CRC-32 past 2 ** %i zeros', (power) => {
  const past = sumPastZeros(power)
  for (const start of [0, 1, 0xffffffff, 0x12345678])
    expect(past(start)).toBe(zlib.crc32(new Uint8Array(2 ** power), start))
})
