import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { PathRange } from '../../src/catalog/entry-rows.ts'
import { makeBasenameFilter, rangesOfBasenames } from '../../src/catalog/basename-filter.ts'
import { tables } from '../../src/format/catalog-schema.ts'
import { pathForCatalog } from '../../src/format/path-text.ts'

function catalogOf(paths: Iterable<string>): Database.Database {
  const db = new Database(':memory:')
  db.exec(tables)
  const add = db.prepare(
    `INSERT INTO entry(path, first, type, mode, owner, mtime) VALUES (?, ?, 'file', 0, 1, 0)`,
  )
  db.transaction(() => {
    for (const path of paths) for (const first of [1, 2]) add.run(pathForCatalog(path), first)
  })()
  return db
}

/** How many paths are in some ranges, and whether a path is. */
function within(db: Database.Database, ranges: readonly PathRange[]) {
  const count = db
    .prepare('SELECT count(DISTINCT path) FROM entry WHERE path >= ? AND (? IS NULL OR path < ?)')
    .pluck()
  return {
    paths: ranges.reduce((sum, { lower, upper }) => {
      const end = upper ?? (typeof lower === 'string' ? Buffer.alloc(0) : null)
      return sum + (count.get(lower, end, end) as number)
    }, 0),
    has: (path: string): boolean => {
      const key = pathForCatalog(path)
      const is = db.prepare('SELECT ? >= ? AND (? IS NULL OR ? < ?)').pluck()
      return ranges.some(({ lower, upper }) => {
        const end = upper ?? (typeof lower === 'string' ? Buffer.alloc(0) : null)
        return is.get(key, lower, end, key, end) === 1
      })
    },
  }
}

const paths = [
  ...Array.from({ length: 20_000 }, (_, i) => `folder-${i % 300}/näme-${i}`),
  ...Array.from({ length: 5000 }, (_, i) => `odd\udcff/name-\udcfe-${i}`),
  'top',
  '😀/deep/er/top',
]
const db = catalogOf(paths)
const filter = makeBasenameFilter(db)

const rangesOf = (...names: string[]): readonly PathRange[] =>
  rangesOfBasenames(filter.bytes, filter.digest, names) ?? []

test('no path is missed, whatever its name, and few others are looked at', () => {
  let looked = 0
  const some = paths.filter((_, i) => i % 50 === 0 || i > 24_999)
  const missed = some.filter((path) => {
    const { paths: count, has } = within(db, rangesOf(path.slice(path.lastIndexOf('/') + 1)))
    looked += count
    return !has(path)
  })
  expect(missed).toEqual([])
  expect(looked / some.length).toBeLessThan(2300)
})

test('of several names, all places are told, in order and once', () => {
  const both = rangesOf('näme-7', 'name-\udcfe-7', 'top')
  const { has, paths: count } = within(db, both)
  expect(
    ['folder-7/näme-7', 'odd\udcff/name-\udcfe-7', 'top', '😀/deep/er/top'].filter((path) => !has(path)),
  ).toEqual([])
  expect(count).toBeLessThan(12_000)
})

test('a name that there is not is in few places', () => {
  const counts = Array.from({ length: 100 }, (_, i) => within(db, rangesOf(`none-${i}`)).paths)
  expect(counts.reduce((a, b) => a + b) / counts.length).toBeLessThan(paths.length / 100)
})

test('it takes less than two bytes a path, is the same each time, and empty where nothing is', () => {
  expect(filter.bytes.length / paths.length).toBeLessThan(2)
  expect(makeBasenameFilter(catalogOf([...paths].reverse())).bytes.equals(filter.bytes)).toBe(true)
  const none = makeBasenameFilter(catalogOf([]))
  expect(rangesOfBasenames(none.bytes, none.digest, ['a'])).toEqual([])
})

test('one of another catalog, a damaged one, and what is none say nothing', () => {
  const { bytes, digest } = filter
  const flipped = Buffer.from(bytes)
  flipped[bytes.length - 9] = (flipped[bytes.length - 9] as number) ^ 1
  expect(rangesOfBasenames(bytes, makeBasenameFilter(catalogOf(['a'])).digest, ['a'])).toBeUndefined()
  expect(rangesOfBasenames(flipped, digest, ['a'])).toBeUndefined()
  for (const length of [0, 10, 32, 33, bytes.length - 1]) {
    expect(rangesOfBasenames(bytes.subarray(0, length), digest, ['a'])).toBeUndefined()
  }
})

test('lengths that lead out of the file, with a digest that is right', () => {
  for (const blocks of ['00000000', '7fffffff', 'ffffffff00', '00000000ffffffff00', '0000000000000000']) {
    const content = Buffer.from(blocks, 'hex')
    const digest = createHash('sha256').update(content).digest().subarray(0, 16)
    const file = Buffer.concat([filter.bytes.subarray(0, 16), digest, content])
    expect(rangesOfBasenames(file, digest.toString('hex'), ['a']) ?? []).toEqual([])
  }
})
