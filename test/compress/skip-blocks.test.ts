import { expect, test } from 'vitest'
import { decodeBzip2 } from '../../src/compress/decode-bzip2.ts'
import { decompress } from '../../src/compress/decompress.ts'
import { skipBlocks } from '../../src/compress/skip-blocks.ts'
import { compress } from '../support/make-set.ts'
import { rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

const plain = noise(2_000_000, 1)

async function* pieces(stored: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < stored.length; at += pieceBytes) yield stored.subarray(at, at + pieceBytes)
}

/** What comes out up to where it is damaged. */
async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  try {
    for await (const piece of bytes) all.push(piece)
  } catch {
    // the checksum of all blocks
  }
  return Buffer.concat(all)
}

test.each(rows([1, 2], [1]))('%i blocks of one stream', async (count) => {
  const stored = compress(plain, 'bz2', plain.length)
  const rest = await collect(decodeBzip2(skipBlocks(pieces(stored, 100_003), count)))
  // A block holds 900,000 bytes but for what bzip2 adds to repetitions.
  expect(Math.abs(rest.length - (plain.length - count * 900_000))).toBeLessThan(5000 * count)
  expect(rest.equals(plain.subarray(plain.length - rest.length))).toBe(true)
})

test('what lbzip2 makes, with blocks for remainders', async () => {
  const stored = program('lbzip2', ['-n', '1', '-c'], { input: plain })
  const rest = await collect(decodeBzip2(skipBlocks(pieces(stored, 100_003), 2)))
  // It begins with the remainder of the second.
  expect(rest.length - (plain.length - 2 * 900_000)).toBeLessThan(5000)
  expect(rest.length - (plain.length - 2 * 900_000)).toBeGreaterThanOrEqual(0)
  expect(rest.equals(plain.subarray(plain.length - rest.length))).toBe(true)
})

test('of short streams whole ones', async () => {
  const short = plain.subarray(0, 50_000)
  const stored = compress(short, 'bz2', 10_000)
  for (const pieceBytes of [1, 11_000]) {
    for (const count of [1, 4]) {
      const rest = await collect(decompress(skipBlocks(pieces(stored, pieceBytes), count), 'bz2'))
      expect(rest.equals(short.subarray(count * 10_000))).toBe(true)
    }
    expect(await collect(skipBlocks(pieces(stored, pieceBytes), 5))).toHaveLength(0)
  }
})
