import { expect, test } from 'vitest'
import { nextToSeal, openChunk, type OpenChunk } from '../../src/pack/open-chunk.ts'
import type { Work } from '../../src/pack/plan-item.ts'
import type { Start } from '../../src/pack/scheduler.ts'

const chunks = (...states: OpenChunk['state'][]): Map<number, OpenChunk> =>
  new Map(
    states.map((state, worker) => [
      worker,
      { ...openChunk({ items: [] } as unknown as Start<Work>, `${worker}`), state },
    ]),
  )
const left = (): boolean => true
const nothingLeft = (): boolean => false

test('a full chunk is sealed at once while more is to come, or others are being filled', () => {
  expect(nextToSeal(chunks('full'), left)).toEqual({ worker: 0, isLast: false })
  expect(nextToSeal(chunks('filling', 'full'), nothingLeft)).toEqual({ worker: 1, isLast: false })
  expect(nextToSeal(chunks('full', 'full'), nothingLeft)).toEqual({ worker: 0, isLast: false })
})

test('the last waits until all others are on their discs', () => {
  expect(nextToSeal(chunks('sealing', 'full'), nothingLeft)).toBeUndefined()
  expect(nextToSeal(chunks('full'), nothingLeft)).toEqual({ worker: 0, isLast: true })
})

test('nothing is to be sealed where no chunk is full', () => {
  expect(nextToSeal(chunks('filling', 'sealing'), nothingLeft)).toBeUndefined()
  expect(nextToSeal(chunks(), nothingLeft)).toBeUndefined()
})
