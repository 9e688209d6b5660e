import { expect, test } from 'vitest'
import { chunkShare, chunksOf } from '../../src/pack/balance.ts'

const chunkBytes = 1e9
const share = (bytes: number, items: number, workers: number): string => {
  const toShare = { bytes, items, workers, chunkBytes }
  const each = chunkShare(toShare)
  return `${chunksOf(toShare)} of ${each === Infinity ? 'any' : Math.round(each / 1e6)}`
}

test('the workers get as many chunks each, of one size', () => {
  expect(share(3e9, 1000, 2)).toBe('4 of 759')
  expect(share(3e9, 1000, 3)).toBe('3 of 1011')
  expect(share(580e6, 58_000, 2)).toBe('4 of 206')
  expect(share(100e9, 1000, 2)).toBe('100 of 1010')
})

test('no chunk becomes small for it, and one worker needs none of it', () => {
  expect(share(63e6, 10, 2)).toBe('1 of 64')
  expect(share(65e6, 10, 2)).toBe('2 of 33')
  expect(share(65e6, 10, 8)).toBe('2 of 33')
  expect(share(20e6, 100, 8)).toBe('1 of any')
  expect(share(3e9, 1000, 1)).toBe('3 of any')
  expect(chunkShare({ bytes: 1e6, items: 10, workers: 2, chunkBytes: 2e5 })).toBe(Infinity)
})
