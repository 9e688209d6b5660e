import { expect, test } from 'vitest'
import type { StoredLine } from '../../src/format/manifest.ts'
import { findMissing, showRanges } from '../../src/rebuild/find-missing.ts'
import type { ReadChunk } from '../../src/rebuild/read-chunk.ts'

const stored = (chunk: number): StoredLine => ({
  t: 'stored',
  chunk,
  disc: Math.ceil(chunk / 10),
  name: `${chunk}`,
  bytes: 1,
  sha256: '0'.repeat(64),
  backup: 1,
})

/** A chunk that was found, with the chunks that were known when its run began. */
const found = (chunk: number, known: readonly number[] = []): ReadChunk => ({
  found: {
    file: `${chunk}`,
    named: { chunk, compression: 'none', encrypted: false },
    sizeBytes: 1,
    listedSha256: undefined,
  },
  bytes: 1,
  sha256: '0'.repeat(64),
  isAuthentic: false,
  manifestFile: '',
  chunk: { t: 'chunk', format: 1, set: 'a', chunk, disc: Math.ceil(chunk / 10), backup: 1 },
  stored: known.map(stored),
  isCheckpoint: false,
})

const missing = (chunks: readonly ReadChunk[]): string => {
  const lines = new Map(chunks.flatMap((chunk) => chunk.stored).map((line) => [line.chunk, line]))
  return showRanges(findMissing(chunks, lines))
}
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('nothing is missing of chunks without a gap', () => {
  expect(missing([found(1), found(2), found(3, [1, 2])])).toBe('')
})

test('a gap is of chunks that there were, known to a later run or not', () => {
  expect(missing([found(1), found(4)])).toBe('2-3')
  expect(missing([found(3), found(6, [1, 2, 3, 4])])).toBe('1-2, 4-5')
})

test('a number that a later run passes over was given to a chunk that was never completed', () => {
  expect(missing([found(1), found(2), found(4), found(5, [1, 2, 4])])).toBe('')
  expect(missing([found(5, [4])])).toBe('4') // fewer than 50 known: there were no others
})

test('what is older than the newest 50 chunks that a run knows may be missing', () => {
  expect(missing([found(100, range(50, 99))])).toBe('1-49, 50, 51-60, 61-70, 71-80, 81-90, 91-99')
  expect(missing([...range(50, 99).map((n) => found(n)), found(100, range(50, 99))])).toBe('1-49')
})

test('chunks known to be on one disc are told with it', () => {
  expect(findMissing([found(1), found(3), found(25)], new Map())).toEqual([
    { first: 2, last: 2, disc: 1, backup: 1 },
    { first: 4, last: 24, disc: null, backup: 1 },
  ])
})

test('a gap as wide as a forged number makes it takes no time', () => {
  expect(missing([found(1), found(2 ** 52)])).toBe(`2-${2 ** 52 - 1}`)
})

test('chunks before a checkpoint that it does not list were dropped', () => {
  const checkpoint = { ...found(9, [3, 5]), isCheckpoint: true }
  expect(missing([found(3), found(5), checkpoint, found(10, [3, 5, 9])])).toBe('')
  expect(missing([found(5), checkpoint])).toBe('3')
  const many = range(11, 70)
  expect(missing([...many.map((chunk) => found(chunk)), { ...found(71, many), isCheckpoint: true }])).toBe('')
})
