/** The decoder of lz4 blocks is WebAssembly that copies 16 bytes at a time. */

import { expect, test } from 'vitest'
import { assemble } from '../../scripts/build-wasm.ts'
import { decodeLz4Block } from '../../src/compress/lz4-block.ts'
import { lz4BlockModule } from '../../src/compress/lz4-block-module.ts'

/** Lengths from 15 on go on in further bytes. */
const more = (length: number): number[] => {
  const bytes: number[] = []
  let left = length - 15
  for (; left >= 255; left -= 255) bytes.push(255)
  return left < 0 ? [] : [...bytes, left]
}

const sequence = (literals: Buffer, distance: number, length: number): Buffer =>
  Buffer.from([
    (Math.min(15, literals.length) << 4) | Math.min(15, length - 4),
    ...more(literals.length),
    ...literals,
    distance & 255,
    distance >> 8,
    ...more(length - 4),
  ])

const end = Buffer.from([5 << 4, 1, 2, 3, 4, 5])
const letters = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, i) => 65 + (i % 26)))

const expected = (literals: Buffer, distance: number, length: number): Buffer => {
  const bytes = [...literals]
  for (let i = 0; i < length; i++) bytes.push(bytes[bytes.length - distance] as number)
  return Buffer.from([...bytes, 1, 2, 3, 4, 5])
}

test('the module is made of its source', async () => {
  expect(lz4BlockModule).toBe(await assemble('compress/lz4-block'))
})

test('matches of any distance and length are repeated, and nothing else is written', () => {
  for (const distance of [...Array.from({ length: 40 }, (_, i) => i + 1), 300]) {
    for (const length of [4, 5, 15, 16, 17, 18, 19, 31, 32, 33, 100, 273, 274, 275, 1000]) {
      const literals = letters(distance)
      const right = expected(literals, distance, length)
      const output = Buffer.alloc(right.length + 40, 0xee)
      const block = Buffer.concat([sequence(literals, distance, length), end])
      const room = output.subarray(0, right.length + 7)
      expect(decodeLz4Block(block, room, 7, 7)).toBe(7 + right.length)
      expect(output.subarray(7, 7 + right.length).equals(right), `${distance} ${length}`).toBe(true)
      expect(output.subarray(0, 7).every((byte) => byte === 0xee)).toBe(true)
      expect(output.subarray(7 + right.length).every((byte) => byte === 0xee)).toBe(true)
    }
  }
})

test('a match reaches into the bytes before the block, but not before the floor', () => {
  const block = Buffer.concat([sequence(Buffer.alloc(0), 65_535, 20), end])
  const output = Buffer.concat([letters(65_536), Buffer.alloc(30)])
  expect(decodeLz4Block(block, output, 65_536, 0)).toBe(65_536 + 25)
  expect(output.subarray(65_536, 65_556).equals(output.subarray(1, 21))).toBe(true)
  expect(decodeLz4Block(block, output, 65_536, 2)).toBe(-1)
})

test('a damaged block is refused', () => {
  const block = Buffer.concat([sequence(letters(20), 20, 300), end])
  const room = Buffer.alloc(325)
  expect(decodeLz4Block(block, room, 0, 0)).toBe(325)
  expect(decodeLz4Block(block, room.subarray(1), 0, 0)).toBe(-1)
  // A cut before the last sequence leaves a match at the end, or a part of one.
  for (let cut = 0; cut < block.length - end.length; cut++) {
    if (cut === 22) continue // after the literals: a whole block
    expect(decodeLz4Block(block.subarray(0, cut), room, 0, 0), `cut at ${cut}`).toBe(-1)
  }
  expect(decodeLz4Block(sequence(letters(20), 0, 30), room, 0, 0)).toBe(-1)
  expect(decodeLz4Block(sequence(letters(20), 21, 30), room, 0, 0)).toBe(-1)
  expect(decodeLz4Block(Buffer.alloc((8 << 20) + 40_000), room, 0, 0)).toBe(-1)
})
