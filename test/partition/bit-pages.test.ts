/** A bitmap that stays in the image gives the same runs as one in memory. */

import { expect, test } from 'vitest'
import { PagesInFile } from '../../src/partition/bit-pages.ts'
import { BitMap } from '../../src/partition/block-map.ts'
import { noise } from '../support/sample-trees.ts'

/** More pages than stay in memory, and a last one that is short. */
const blocks = 40_000_003
const start = 110
const bits = noise(Math.ceil(blocks / 8), 1)
bits.fill(0, 1_000_000, 2_000_000)
bits.fill(0xff, 3_000_000, 4_000_000)

let file = Buffer.concat([Buffer.alloc(start), bits, Buffer.alloc(50)])
const read = (offset: number, into: Uint8Array): number => file.subarray(offset).copy(into)

const inFile = (): BitMap => full(new BitMap(blocks, new PagesInFile({ read, start, blocks })))

function full(map: BitMap): BitMap {
  map.add(bits)
  return map.finish()
}

test('the same runs, from anywhere', () => {
  const [inMemory, stored] = [full(new BitMap(blocks)), inFile()]
  expect(stored.used).toBe(inMemory.used)
  const places = Array.from({ length: 2000 }, (_, i) => (i * 104_729_003) % blocks)
  for (const from of [...places, 8_000_000, 24_000_000, blocks - 1, blocks - 9000, blocks]) {
    expect(stored.runFrom(from, 10_000)).toEqual(inMemory.runFrom(from, 10_000))
  }
})

test('an image that is cut later', () => {
  const stored = inFile()
  file = file.subarray(0, 4_500_000)
  expect(() => stored.runFrom(blocks - 1000, 100)).toThrow('cut after it was opened')
})
