/** Data and holes of a partition of ten blocks of 100 bytes, of which 2, 3, 4 and 7 are stored. */

import { expect, test } from 'vitest'
import { BitMap } from '../../src/partition/block-map.ts'
import { seek } from '../../src/partition/seek.ts'

const map = new BitMap(10)
map.add(Buffer.from([0b1001_1100, 0]))
map.finish()

const holes = (more?: { start: number; end: number }) => ({
  blockBytes: 100,
  blocks: 10,
  deviceBytes: 1050,
  // Runs of one block: those of records may be cut too.
  runFrom: (from: number, most: number) => {
    const run = map.runFrom(from, Math.min(most, 10))
    return run && { block: run.block, count: 1, base: 0, skip: 0 }
  },
  more,
})

test.each([
  [0, 200, 0],
  [199, 200, 199],
  [200, 200, 500],
  [450, 450, 500],
  [500, 700, 500],
  [750, 750, 800],
  [800, undefined, 800],
  [1049, undefined, 1049],
  [1050, undefined, undefined],
  [-1, undefined, undefined],
])('from %i: data at %s, a hole at %s', (offset, data, hole) => {
  expect(seek(holes(), offset, 'data')).toBe(data)
  expect(seek(holes(), offset, 'hole')).toBe(hole)
})

test('bytes besides the stored blocks are data too', () => {
  const sector = holes({ start: 1000, end: 1050 })
  expect(seek(sector, 800, 'data')).toBe(1000)
  expect(seek(sector, 1010, 'hole')).toBe(1050)
  const joined = holes({ start: 800, end: 900 })
  expect(seek(joined, 720, 'hole')).toBe(900)
  expect(seek(holes({ start: 0, end: 1050 }), 3, 'hole')).toBe(1050)
})
