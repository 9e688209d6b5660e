import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ContentHash, hashOpenFile } from '../../src/files/content-hash.ts'
import { BoundedRanges, findHoles, mostRanges } from '../../src/files/holes.ts'
import {
  type DataRange,
  dataBefore,
  dataBytes,
  endOfData,
  rangesWithin,
} from '../../src/format/sparse-map.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'holes-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

const page = 4096

/** A file of data (`x`) and holes (`.`), a page of 4 KiB each. */
function make(pages: string, tail = ''): number {
  const fd = fs.openSync(path.join(root, `${pages.length}-${Math.random()}`), 'w+')
  fs.ftruncateSync(fd, pages.length * page)
  for (const [i, one] of [...pages].entries()) if (one === 'x') fs.writeSync(fd, 'x'.repeat(page), i * page)
  fs.writeSync(fd, tail, pages.length * page)
  return fd
}

const found = (fd: number): unknown => findHoles(fd, fs.fstatSync(fd, { bigint: true }))
const range = (from: number, to: number): DataRange => ({ offset: from * page, length: (to - from) * page })

test.each([
  ['.....', []],
  ['x....', [range(0, 1)]],
  ['....x', [range(4, 5)]],
  ['.xx.x.', [range(1, 3), range(4, 5)]],
  ['xxxxx', 'none'],
  ['', 'none'],
])('the data of %s', (pages, expected) => {
  const fd = make(pages)
  expect(found(fd)).toEqual(expected)
  fs.closeSync(fd)
})

test('the end of a file that ends within a page', () => {
  const fd = make('...', 'abc')
  expect(found(fd)).toEqual([{ offset: 3 * page, length: 3 }])
  fs.closeSync(fd)
})

test('of too many ranges small holes count as data, and there are never more than so many', () => {
  const ranges = new BoundedRanges()
  for (let i = 0; i < 100_000; i++) ranges.add(i * 100_000, i * 100_000 + 50_000)
  ranges.add(1e12, 1e12 + 5)
  const all = ranges.found()
  expect(all.length).toBeLessThanOrEqual(mostRanges)
  expect(all.at(-1)).toEqual({ offset: 1e12, length: 5 })
  expect(dataBytes(all)).toBe(99_999 * 100_000 + 50_000 + 5)
  const few = new BoundedRanges()
  for (let i = 0; i < mostRanges; i++) few.add(i * 2, i * 2 + 1)
  expect(few.found()).toHaveLength(mostRanges)
})

describe('hashes', () => {
  test.each(['sha256', 'sha512'])('%s of a file with holes is that of its content', (algorithm) => {
    for (const pages of ['..x.xx..', 'x...', '....x', '.......', 'x']) {
      const fd = make(pages, 'tail')
      const content = fs.readFileSync(fd)
      expect(hashOpenFile(fd, algorithm)).toEqual(createHash(algorithm).update(content).digest())
      fs.closeSync(fd)
    }
  })

  test('zeros at the beginning, less and more of them than before', () => {
    for (const length of [5_000_000, 3_000_000, 0, 9_000_001, 9_000_001, 1]) {
      const hash = new ContentHash('sha256')
      hash.zeros(length)
      hash.update(Buffer.from('abc'))
      hash.zeros(10)
      const content = Buffer.concat([Buffer.alloc(length), Buffer.from('abc'), Buffer.alloc(10)])
      expect(hash.digest()).toEqual(createHash('sha256').update(content).digest())
    }
  })

  test('a long run of zeros can be stopped', () => {
    const hash = new ContentHash('sha512', () => {
      throw new Error('stopped')
    })
    hash.zeros(Number.MAX_SAFE_INTEGER)
    expect(() => hash.digest()).toThrow('stopped')
  })
})

test('ranges are cut, and counted by their data', () => {
  const ranges = [
    { offset: 10, length: 5 },
    { offset: 20, length: 10 },
  ]
  expect(rangesWithin(ranges, 12, 25)).toEqual([
    { offset: 0, length: 3 },
    { offset: 8, length: 5 },
  ])
  expect(rangesWithin(ranges, 15, 20)).toEqual([])
  expect([0, 10, 12, 17, 20, 29, 99].map((at) => dataBefore(ranges, at))).toEqual([0, 0, 2, 5, 5, 14, 15])
  expect([0, 1, 5, 6, 15, 99].map((bytes) => endOfData(ranges, bytes))).toEqual([0, 11, 15, 21, 30, 30])
})
