import { expect, test } from 'vitest'
import { daylightWarnings } from '../../src/schedule/daylight-saving.ts'

const now = new Date('2026-01-10T12:00:00Z')
const of = (cron: string, zone = 'Europe/Berlin'): readonly string[] => daylightWarnings({ cron, zone }, now)

test('a time in the hour that is left out, and that comes twice', () => {
  expect(of('30 2 * * *')).toEqual([
    'On 29 March 2026 the clock goes forward: 02:30 does not exist. The run comes at 03:00.',
    'On 25 October 2026 the clock goes back: 02:30 is there twice. The run comes once, the first time.',
  ])
})

test('runs of every hour come in both hours', () => {
  expect(of('0 * * * *').at(-1)).toContain('The run comes both times.')
})

test.each([
  ['0 22 * * *', 'Europe/Berlin'],
  ['30 2 * * *', 'UTC'],
  ['30 2 * * mon', 'Europe/Berlin'],
  ['30 2 1 * *', 'Europe/Berlin'],
  ['', 'Europe/Berlin'],
])('no warning for "%s" in %s', (cron, zone) => {
  expect(of(cron, zone)).toEqual([])
})

test('half an hour, in Australia', () => {
  expect(of('15 2 * * *', 'Australia/Lord_Howe')).toEqual([expect.stringContaining('forward')])
  expect(of('45 1 * * *', 'Australia/Lord_Howe')).toEqual([expect.stringContaining('back')])
})
