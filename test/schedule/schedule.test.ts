import { describe, expect, test } from 'vitest'
import { parseCron, smallestGapMinutes } from '../../src/schedule/cron-fields.ts'
import { cronOfChoices, describeCron } from '../../src/schedule/describe-cron.ts'
import {
  checkTiming,
  dueOf,
  mostMissed,
  nextOccurrence,
  nextOccurrences,
} from '../../src/schedule/schedule.ts'

const berlin = (cron: string) => ({ cron, zone: 'Europe/Berlin' })
const utc = (cron: string) => ({ cron, zone: 'UTC' })
const iso = (date: Date | undefined): string | undefined => date?.toISOString()
const at = (text: string): Date => new Date(text)

describe('the fields of an expression', () => {
  test('numbers, lists, ranges, steps and names', () => {
    expect(parseCron('*/20 1-3 1,15 jan-mar mon-fri')).toEqual({
      minutes: [0, 20, 40],
      hours: [1, 2, 3],
      days: [1, 15],
      months: [1, 2, 3],
      weekdays: [1, 2, 3, 4, 5],
    })
  })
  test('0 and 7 are Sunday', () => {
    expect(parseCron('0 0 * * 0').weekdays).toEqual([0])
    expect(parseCron('0 0 * * 7').weekdays).toEqual([0])
    expect(parseCron('0 0 * * 5-7').weekdays).toEqual([0, 5, 6])
    expect(parseCron('0 0 * * *').weekdays).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
  test.each([
    ['', 'five fields'],
    ['* * * *', 'five fields'],
    ['0 0 1 1 * 2026', 'five fields'],
    ['@daily', 'five fields'],
    ['60 * * * *', 'not a minute'],
    ['0 24 * * *', 'not a hour'],
    ['0 0 0 * *', 'not a day of the month'],
    ['0 0 L * *', 'not a day of the month'],
    ['0 0 * 13 *', 'not a month'],
    ['0 0 * * mon#2', 'not a day of the week'],
    ['5-2 * * * *', 'ends before it begins'],
    ['*/0 * * * *', 'is 0'],
    ['5/10 * * * *', 'needs a range'],
    ['0 0 ? * *', 'not a day of the month'],
    ['1.5 * * * *', 'not a minute'],
    ['-1 * * * *', 'not a minute'],
  ])('refuses %j', (expression, why) => {
    expect(() => parseCron(expression)).toThrow(why)
  })
})

describe('the smallest gap', () => {
  test.each([
    ['*/7 * * * *', 4],
    ['0,58 * * * *', 2],
    ['1,58 0,23 1,31 * *', 3],
    ['3,59 23 * * *', 56],
    ['0 22 * * *', 1440],
    ['0 */6 * * *', 360],
    ['30 1,2 * * *', 60],
    ['0 23,0 * * *', 60],
    ['* * * * *', 1],
  ])('of %j is %i minutes', (expression, minutes) => {
    expect(smallestGapMinutes(parseCron(expression))).toBe(minutes)
  })
  test('under five minutes is refused, with the number', () => {
    expect(() => checkTiming(utc('0,58 * * * *'), at('2026-01-01T00:00:00Z'))).toThrow('2 minutes apart')
    expect(() => checkTiming(utc('* * * * *'), at('2026-01-01T00:00:00Z'))).toThrow('1 minute apart')
    checkTiming(utc('*/5 * * * *'), at('2026-01-01T00:00:00Z'))
  })
  test('a schedule that is never due, and an unknown zone, are refused', () => {
    expect(() => checkTiming(utc('0 0 31 2 *'), at('2026-01-01T00:00:00Z'))).toThrow('never due')
    expect(() => checkTiming({ cron: '0 0 * * *', zone: 'Mars/Base' }, at('2026-01-01T00:00:00Z'))).toThrow(
      'unknown time zone',
    )
  })
})

describe('daylight saving in Berlin, 2026', () => {
  test('a time that spring leaves out comes an hour later, once', () => {
    expect(nextOccurrences(berlin('30 2 * * *'), at('2026-03-28T12:00:00Z'), 2).map(iso)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
  })
  test('a time that autumn has twice comes once', () => {
    expect(nextOccurrences(berlin('30 2 * * *'), at('2026-10-24T12:00:00Z'), 2).map(iso)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })
  test('an hourly job runs in both hours of autumn', () => {
    expect(nextOccurrences(berlin('0 * * * *'), at('2026-10-24T23:30:00Z'), 3).map(iso)).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ])
  })
  test('the wall clock counts before and after the change', () => {
    expect(iso(nextOccurrence(berlin('0 22 * * *'), at('2026-03-28T12:00:00Z')))).toBe(
      '2026-03-28T21:00:00.000Z',
    )
    expect(iso(nextOccurrence(berlin('0 22 * * *'), at('2026-03-29T12:00:00Z')))).toBe(
      '2026-03-29T20:00:00.000Z',
    )
  })
})

describe('what is due', () => {
  const daily = utc('0 22 * * *')
  test('nothing before the next occurrence', () => {
    expect(dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-02T21:59:59Z'))).toBeUndefined()
  })
  test('the occurrence of this second', () => {
    expect(dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-02T22:00:00Z'))).toEqual({
      at: at('2026-01-02T22:00:00Z'),
      missed: 0,
    })
  })
  test('one run stands for all that were missed in a week of sleep', () => {
    expect(dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-08T12:00:00Z'))).toEqual({
      at: at('2026-01-07T22:00:00Z'),
      missed: 5,
    })
  })
  test('a new job waits for its first occurrence', () => {
    expect(dueOf(daily, at('2026-01-01T23:00:00Z'), false, at('2026-01-02T10:00:00Z'))).toBeUndefined()
  })
  test('years of sleep are counted up to a bound', () => {
    const due = dueOf(utc('*/5 * * * *'), at('2020-01-01T00:00:00Z'), true, at('2026-01-01T00:02:00Z'))
    expect(due).toEqual({ at: at('2026-01-01T00:00:00Z'), missed: mostMissed })
  })
  test('a clock that was a year ahead does not stop a job for a year', () => {
    expect(dueOf(daily, at('2027-01-01T22:00:00Z'), true, at('2026-01-01T22:00:00Z'))).toBeUndefined()
    const due = dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-02T22:00:30Z'))
    expect(due?.at).toEqual(at('2026-01-02T22:00:00Z'))
  })
  test('a clock that is set back by an hour starts nothing twice', () => {
    expect(dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-01T21:30:00Z'))).toBeUndefined()
    expect(dueOf(daily, at('2026-01-01T22:00:00Z'), true, at('2026-01-01T22:00:00Z'))).toBeUndefined()
  })
  test('a schedule without cron is due once', () => {
    const once = utc('')
    expect(dueOf(once, at('2026-01-01T00:00:00Z'), false, at('2026-01-01T00:00:01Z'))?.missed).toBe(0)
    expect(dueOf(once, at('2026-01-01T00:00:00Z'), true, at('2027-01-01T00:00:00Z'))).toBeUndefined()
  })
  test('over two years each occurrence is run once, whatever the tick', () => {
    const timing = berlin('30 2 * * mon,thu')
    let last = at('2026-01-01T00:00:00Z')
    const end = at('2028-01-01T00:00:00Z')
    let hasRun = false
    let runs = 0
    let missed = 0
    for (let now = last; now < end; now = new Date(now.getTime() + 7 * 3600_000 + 13_000)) {
      const due = dueOf(timing, last, hasRun, now)
      if (!due) continue
      expect(due.at.getTime()).toBeGreaterThan(last.getTime())
      last = due.at
      hasRun = true
      runs++
      missed += due.missed
    }
    const all = nextOccurrences(timing, at('2026-01-01T00:00:00Z'), 250).filter((date) => date <= last)
    expect(runs).toBe(all.length)
    expect(missed).toBe(0)
  })
})

describe('simple choices', () => {
  test.each([
    [{ every: '30min' }, '*/30 * * * *', 'every 30 minutes'],
    [{ every: 'hour' }, '0 * * * *', 'every hour'],
    [{ every: '6h' }, '0 */6 * * *', 'every 6 hours'],
    [{ every: 'day', time: '22:00' }, '0 22 * * *', 'every day at 22:00'],
    [{ every: '3days' }, '0 2 */3 * *', 'every 3 days of the month at 02:00'],
    [
      { every: 'week', weekdays: 'mon,thu', time: '7:05' },
      '5 7 * * mon,thu',
      'every Monday and Thursday at 07:05',
    ],
    [{ every: 'week' }, '0 2 * * sun', 'every Sunday at 02:00'],
    [{ every: 'month', monthday: 15 }, '0 2 15 * *', 'on day 15 of every month at 02:00'],
    [{ every: '3months' }, '0 2 1 */3 *', 'on day 1 of every 3 months at 02:00'],
  ])('%j is %s', (choices, cron, words) => {
    expect(cronOfChoices(choices)).toBe(cron)
    expect(describeCron(cron)).toBe(words)
  })
  test.each([
    [{ every: '7h' }, 'must divide 24'],
    [{ every: '2weeks' }, 'cannot count weeks'],
    [{ every: 'fortnight' }, 'take 30min'],
    [{ every: 'day', time: '25:00' }, 'not HH:MM'],
    [{ every: 'week', weekdays: 'monday' }, 'unknown day'],
    [{ every: '6h', time: '10:00' }, 'a time of day'],
    [{ every: 'day', monthday: 3 }, 'a day of the month'],
  ])('refuses %j', (choices, why) => {
    expect(() => cronOfChoices(choices)).toThrow(why)
  })
  test('other expressions are shown as they are', () => {
    expect(describeCron('1,2 3 * * *')).toBe('cron 1,2 3 * * *')
    expect(describeCron('')).toBe('once')
  })
})
