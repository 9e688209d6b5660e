import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resolveBackup } from '../../src/catalog/resolve-backup.ts'
import { ButcherError } from '../../src/errors.ts'
import { tables, views } from '../../src/format/catalog-schema.ts'

let db: Database.Database
const local = (...fields: [number, number, number, number, number, number?, number?]): number =>
  new Date(...fields).getTime()

beforeEach(() => {
  db = new Database(':memory:')
  db.exec(tables + views)
})

afterEach(() => {
  db.close()
})

function add(number: number, started: number, finished: number | null = started + 1000): void {
  db.prepare('INSERT INTO backup VALUES (?, ?, ?, ?, ?, ?, ?)').run(
    number,
    `b${number}`,
    started,
    finished,
    '/s',
    1,
    1,
  )
}

const failure = (at: string | undefined): ButcherError => {
  try {
    resolveBackup(db, at)
  } catch (error) {
    if (error instanceof ButcherError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('by date the backup that was started last is meant, also after one with a wrong clock', () => {
  add(1, 1_000_000)
  add(2, 2_000_000)
  add(3, 500) // a dead battery
  add(4, 4_000_000)
  const at = (time: number): number => resolveBackup(db, new Date(time).toISOString()).number
  expect([at(1_500_000), at(2_500_000), at(5_000_000), at(600_000)]).toEqual([1, 2, 4, 3])
  expect(resolveBackup(db, undefined).number).toBe(4)
  expect(resolveBackup(db, '3').number).toBe(3)
})

describe('without --at', () => {
  test('the newest complete backup is meant', () => {
    add(1, 1000)
    add(2, 2000)
    add(3, 3000, null)
    expect(resolveBackup(db, undefined)).toEqual({ number: 2, name: 'b2', started: 2000, finished: 3000 })
  })

  test('the newest one, where none is complete', () => {
    add(1, 1000, null)
    add(2, 2000, null)
    expect(resolveBackup(db, undefined)).toEqual({ number: 2, name: 'b2', started: 2000, finished: null })
  })

  test('a catalog without backups says so', () => {
    expect(failure(undefined)).toMatchObject({ code: 'catalog', message: 'the catalog holds no backup yet' })
  })

  test('a catalog that hands out big integers is read as well', () => {
    add(1, 1000)
    db.defaultSafeIntegers()
    expect(resolveBackup(db, undefined)).toEqual({ number: 1, name: 'b1', started: 1000, finished: 2000 })
  })
})

test('a number means that backup, also one that is not complete', () => {
  add(1, 1000)
  add(2, 2000, null)
  expect(resolveBackup(db, '1').number).toBe(1)
  expect(resolveBackup(db, ' 2 ')).toMatchObject({ number: 2, finished: null })
})

describe('a date', () => {
  beforeEach(() => {
    add(1, local(2026, 10, 19, 23, 30))
    add(2, local(2026, 10, 20, 10, 0, 35))
    add(3, local(2026, 10, 20, 23, 59, 59, 999))
    add(4, local(2026, 10, 21, 0, 0))
  })

  test.each([
    ['2026-11-20', 3],
    ['2026-11-19', 1],
    ['2027-01-01', 4],
    ['2026-11-20T10:00', 2],
    ['2026-11-20 10:00', 2],
    ['2026-11-20T10:00:34', 1],
    ['2026-11-20T10:00:35', 2],
    ['2026-11-20T09:59', 1],
  ])('%s means backup %i', (at, number) => {
    expect(resolveBackup(db, at).number).toBe(number)
  })

  test('with a zone is that moment', () => {
    const started = local(2026, 10, 20, 10, 0, 35)
    expect(resolveBackup(db, new Date(started).toISOString()).number).toBe(2)
    expect(resolveBackup(db, new Date(started - 1).toISOString()).number).toBe(1)
    const plusTwo = `${new Date(started + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`
    expect(resolveBackup(db, plusTwo).number).toBe(2)
    const minusHalf = `${new Date(started - 1 - 5.5 * 3_600_000).toISOString().slice(0, -1)}-0530`
    expect(resolveBackup(db, minusHalf).number).toBe(1)
  })

  test('passes over a backup that is not complete', () => {
    add(5, local(2026, 10, 22, 8, 0), null)
    expect(resolveBackup(db, '2026-11-22').number).toBe(4)
  })

  test('before the oldest names what there is', () => {
    const error = failure('2026-11-18')
    expect(error.code).toBe('usage')
    expect(error.message).toMatch(
      /^no backup was started at or before 2026-11-18; there are backups 1-4, the oldest of 2026-/,
    )
  })
})

test('a number that is not there names those that are', () => {
  add(1, 1000)
  expect(failure('2')).toMatchObject({ code: 'usage', message: 'there is no backup 2; there is backup 1' })
  add(2, 1000)
  add(3, 1000)
  add(7, 1000)
  expect(failure('0').message).toBe('there is no backup 0; there are backups 1-3, 7')
})

test.each([
  'yesterday',
  '',
  '-1',
  '1.5',
  '2026-13-01',
  '2026-02-30',
  '2026-11-20T25:00',
  '2026-11-20T10:60',
  '1e3',
])('%j is refused', (at) => {
  add(1, 1000)
  expect(failure(at)).toMatchObject({
    code: 'usage',
    message: `'${at}' is neither the number of a backup nor a date`,
  })
})
