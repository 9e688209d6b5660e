import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { manifestApplier } from '../../src/catalog/apply-manifest.ts'
import {
  copiesDue,
  copyRows,
  newestReadings,
  recordCopy,
  recordReading,
  readingRows,
  sealDisc,
} from '../../src/catalog/disc-life.ts'
import { type Catalog, createCatalog } from '../../src/catalog/working-catalog.ts'

let db: Catalog

beforeEach(() => {
  db = createCatalog(path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'disc-life-')), 'catalog.sqlite'))
  const apply = manifestApplier(db)
  for (const number of [1, 2]) {
    apply({ t: 'disc', number, label: `D${number}`, medium: 'bd25', capacity: 24_220_008_448 })
  }
})

const inView = (): unknown =>
  db.prepare('SELECT disc, state, burned, verified, location FROM discs ORDER BY disc').raw().all()

const day = 86_400_000

test('a disc is as good as the best of its copies, and where they are is told of each', () => {
  recordCopy(db, 1, 1, { state: 'burned', burned: day, burner: 'OPTIARC', location: 'shelf B' })
  expect(inView()).toEqual([
    [1, 'burned', '1970-01-02T00:00:00.000Z', null, 'shelf B'],
    [2, 'open', null, null, null],
  ])
  recordCopy(db, 1, 2, { state: 'burned', burned: 2 * day, location: 'bank' })
  recordReading(db, { disc: 1, copy: 1, at: 3 * day, result: 'damaged', bytes: 100, damaged: 2 })
  recordReading(db, { disc: 1, copy: 2, at: 4 * day, result: 'sound', bytes: 100, damaged: 0 })
  expect(inView()).toEqual([
    [
      1,
      'verified',
      '1970-01-03T00:00:00.000Z',
      '1970-01-05T00:00:00.000Z',
      'shelf B (copy 1); bank (copy 2)',
    ],
    [2, 'open', null, null, null],
  ])
  expect(copyRows(db, 1).map(({ state, burner }) => [state, burner])).toEqual([
    ['damaged', 'OPTIARC'],
    ['verified', null],
  ])
  recordCopy(db, 1, 2, { state: 'lost' })
  expect(db.prepare('SELECT state FROM discs WHERE disc = 1').pluck().get()).toBe('damaged')
  expect(readingRows(db).map(({ copy, result }) => [copy, result])).toEqual([
    [1, 'damaged'],
    [2, 'sound'],
  ])
})

test('due is what was never read, or not found sound since a time, but not what is lost', () => {
  recordCopy(db, 1, 1, { state: 'burned', burned: day })
  recordCopy(db, 1, 2, { state: 'lost', burned: day })
  recordCopy(db, 2, 1, { state: 'burned', burned: day })
  recordReading(db, { disc: 2, copy: 1, at: 5 * day, result: 'sound', bytes: 1, damaged: 0 })
  expect(copiesDue(db, day, Number.MAX_SAFE_INTEGER).map(({ disc, copy }) => [disc, copy])).toEqual([[1, 1]])
  expect(copiesDue(db, 6 * day, Number.MAX_SAFE_INTEGER).map(({ disc }) => disc)).toEqual([1, 2])
  recordReading(db, { disc: 2, copy: 1, at: 7 * day, result: 'damaged', bytes: 1, damaged: 1 })
  expect(copiesDue(db, 6 * day, Number.MAX_SAFE_INTEGER).map(({ disc }) => disc)).toEqual([1, 2])
  expect(newestReadings(db, 2).get(1)).toMatchObject({ at: 7 * day, result: 'damaged' })
})

test('only an open disc is sealed', () => {
  const states = (): unknown => db.prepare('SELECT state FROM discs ORDER BY disc').pluck().all()
  sealDisc(db, 1)
  expect(states()).toEqual(['sealed', 'open'])
  recordCopy(db, 2, 1, { state: 'lost' })
  sealDisc(db, 2)
  expect(states()).toEqual(['sealed', 'lost'])
})
