import { expect, test } from 'vitest'
import { type Candidate, chooseBackups, type Choosing, whyHeld } from '../../src/retention/choose-backups.ts'
import { bucketIn, checkZone, parseSpan, spanBefore } from '../../src/retention/calendar.ts'

const backup = (number: number, started: string, more: Partial<Candidate> = {}): Candidate => ({
  number,
  started: Date.parse(started),
  isFinished: true,
  isPartial: false,
  isPinned: false,
  isInUse: false,
  ...more,
})

/** The reasons by number, of those that stay. */
function kept(choosing: Partial<Choosing>): Record<number, string> {
  const backups = choosing.backups ?? []
  const now = Math.max(...backups.map(({ started }) => started))
  const chosen = chooseBackups({ policy: {}, zone: 'UTC', now, backups, ...choosing })
  return Object.fromEntries(
    chosen.filter(({ reasons }) => reasons.length > 0).map((one) => [one.number, one.reasons.join(', ')]),
  )
}

/** Each day at noon. */
const days = (from: string, count: number): Candidate[] =>
  Array.from({ length: count }, (_, i) =>
    backup(i + 1, new Date(Date.parse(`${from}T12:00:00Z`) + i * 86_400_000).toISOString()),
  )

test('the newest of each bucket stays, for as many buckets as the rule says', () => {
  expect(kept({ backups: days('2026-11-01', 10), policy: { daily: 3 } })).toEqual({
    8: 'daily',
    9: 'daily',
    10: 'newest, newest complete, daily',
  })
  // ISO weeks end on Sundays: the 1st, 8th and 15th of November 2026.
  expect(Object.keys(kept({ backups: days('2026-11-01', 17), policy: { weekly: 3 } }))).toEqual([
    '8',
    '15',
    '17',
  ])
  expect(Object.keys(kept({ backups: days('2026-10-25', 14), policy: { monthly: 5 } }))).toEqual(['7', '14'])
  expect(Object.keys(kept({ backups: days('2025-12-30', 4), policy: { yearly: 2, last: 1 } }))).toEqual([
    '2',
    '4',
  ])
})

test('days without a backup do not count: after a long absence nothing more is forgotten', () => {
  const backups = [...days('2020-01-01', 5), backup(6, '2026-11-20T12:00:00Z')]
  expect(Object.keys(kept({ backups, policy: { daily: 4 } }))).toEqual(['3', '4', '5', '6'])
  // The span counts from the newest backup, not from now.
  const old = days('2020-01-01', 5)
  const policy = { within: parseSpan('2d') }
  expect(Object.keys(kept({ backups: old, policy, now: Date.parse('2026-11-20') }))).toEqual(['3', '4', '5'])
})

test('days are those of the zone', () => {
  const backups = [backup(1, '2026-11-20T22:30:00Z'), backup(2, '2026-11-20T23:30:00Z')]
  expect(Object.keys(kept({ backups, policy: { daily: 2 } }))).toEqual(['2'])
  expect(Object.keys(kept({ backups, policy: { daily: 2 }, zone: 'Europe/Berlin' }))).toEqual(['1', '2'])
})

test('the hour that comes twice when clocks go back is two hours', () => {
  const backups = [backup(1, '2026-10-25T00:30:00Z'), backup(2, '2026-10-25T01:30:00Z')]
  expect(Object.keys(kept({ backups, policy: { hourly: 2 }, zone: 'Europe/Berlin' }))).toEqual(['1', '2'])
  const bucket = bucketIn('Asia/Kolkata')
  expect(bucket(Date.parse('2026-10-25T00:20:00Z'), 'hourly')).toBe(
    bucket(Date.parse('2026-10-25T00:10:00Z'), 'hourly'),
  )
})

test('a partial backup never takes the place of a complete one', () => {
  const isPartial = true
  const backups = [
    backup(1, '2026-11-01T10:00:00Z'),
    backup(2, '2026-11-01T11:00:00Z', { isPartial }),
    backup(3, '2026-11-02T10:00:00Z', { isPartial }),
    backup(4, '2026-11-03T10:00:00Z'),
    backup(5, '2026-11-04T10:00:00Z', { isPartial }),
    backup(6, '2026-11-05T10:00:00Z', { isPartial }),
  ]
  // Of the 1st, the complete one; of days with partial ones alone, these besides.
  expect(kept({ backups, policy: { daily: 2 } })).toEqual({
    1: 'daily',
    4: 'newest complete, daily',
    5: 'daily',
    6: 'newest, daily',
  })
  expect(Object.keys(kept({ backups, policy: { last: 1 } }))).toEqual(['4', '6'])
  const allPartial = days('2026-11-01', 9).map((one) => ({ ...one, isPartial }))
  expect(Object.keys(kept({ backups: allPartial, policy: { daily: 3 } }))).toEqual(['7', '8', '9'])
})

test('pinned, unfinished and future ones, and those in use, stay', () => {
  const backups = [
    backup(1, '2026-11-01T10:00:00Z', { isPinned: true }),
    backup(2, '2036-11-01T10:00:00Z'),
    backup(3, '2026-11-02T10:00:00Z', { isInUse: true }),
    backup(4, '2026-11-03T10:00:00Z'),
    backup(5, '2026-11-04T10:00:00Z', { isFinished: false }),
  ]
  expect(kept({ backups, policy: { daily: 1 }, now: Date.parse('2026-11-05') })).toEqual({
    1: 'pinned',
    2: 'in the future',
    3: 'in use',
    4: 'newest complete, daily',
    5: 'not finished, newest',
  })
})

test('rules are held while the newest backup looks wrong', () => {
  const sound = { isFinished: true, isPartial: false, files: 100 }
  expect(whyHeld([])).toBeUndefined()
  expect(whyHeld([sound])).toBeUndefined()
  expect(whyHeld([sound, { ...sound, files: 50 }])).toBeUndefined()
  expect(whyHeld([sound, { ...sound, files: 49 }])).toBe(
    'the newest backup has 49 files, and the one before 100',
  )
  expect(whyHeld([sound, { ...sound, isPartial: true }])).toBe(
    'the newest backup lacks some paths of its source',
  )
  expect(whyHeld([sound, { isFinished: false, isPartial: false, files: null }])).toBe(
    'the newest backup is not finished',
  )
})

test('spans go back by the calendar of the zone', () => {
  const before = (from: string, span: string, zone = 'UTC'): string =>
    new Date(spanBefore(Date.parse(from), parseSpan(span), zone)).toISOString()
  expect(before('2026-03-31T10:00:00.250Z', '1m')).toBe('2026-02-28T10:00:00.250Z')
  expect(before('2028-02-29T10:00:00Z', '1y')).toBe('2027-02-28T10:00:00.000Z')
  expect(before('2026-11-15T10:00:00Z', '1w2d')).toBe('2026-11-06T10:00:00.000Z')
  expect(before('2026-11-15T10:00:00Z', '36h')).toBe('2026-11-13T22:00:00.000Z')
  // Across the end of summer time, ten in the morning stays ten in the morning.
  expect(before('2026-10-26T09:00:00Z', '2d', 'Europe/Berlin')).toBe('2026-10-24T08:00:00.000Z')
  expect(() => parseSpan('soon')).toThrow(/is not a span of time/)
  expect(() => checkZone('Europe/Nowhere')).toThrow(/is not a time zone/)
})
