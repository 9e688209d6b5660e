import { expect, test } from 'vitest'
import type { Job, Schedule } from '../../src/jobs/definitions.ts'
import { scheduleTimes, standingOf } from '../../src/jobs/job-status.ts'
import type { RunRow } from '../../src/jobs/run-database.ts'

const schedule: Schedule = { id: 'nightly', name: 'nightly', cron: '30 2 * * *', zone: 'Europe/Berlin' }
const job = { name: 'photos', enabled: true, created: '2026-01-01T12:00:00.000Z' } as Job
const run = (started: string, state: RunRow['state'], reason = ''): RunRow =>
  ({ started, state, reason }) as RunRow

const stateAt = (now: string, last: RunRow | undefined, lastGood = last, more: Partial<Job> = {}) =>
  standingOf({ ...job, ...more }, { schedule, last, lastGood, isQueued: false }, scheduleTimes(new Date(now)))
    .state

test('a job is late when two due times have passed since its last good run began', () => {
  const good = run('2026-06-10T00:30:05.000Z', 'ok')
  expect(stateAt('2026-06-11T00:29:00.000Z', good)).toBe('ok')
  expect(stateAt('2026-06-12T00:29:00.000Z', good)).toBe('ok')
  expect(stateAt('2026-06-12T00:30:00.000Z', good)).toBe('late')
})

test('the nights in which the clock is set count once', () => {
  expect(stateAt('2026-03-29T12:00:00.000Z', run('2026-03-28T01:30:05.000Z', 'ok'))).toBe('ok')
  expect(stateAt('2026-03-30T12:00:00.000Z', run('2026-03-28T01:30:05.000Z', 'ok'))).toBe('late')
  expect(stateAt('2026-10-25T12:00:00.000Z', run('2026-10-24T00:30:05.000Z', 'ok'))).toBe('ok')
})

test('the last run comes first, and a wish of the user before it', () => {
  const good = run('2026-06-10T00:30:05.000Z', 'ok')
  const now = '2026-06-11T12:00:00.000Z'
  expect(stateAt(now, run(now, 'failed', 'the disk is full'), good)).toBe('failed')
  expect(stateAt(now, run(now, 'partial'), good)).toBe('partial')
  expect(stateAt(now, run(now, 'skipped', 'absent'), good)).toBe('ok')
  expect(stateAt(now, undefined)).toBe('never')
  expect(stateAt(now, good, good, { enabled: false, disabled_because: 'paused by hand' })).toBe('paused')
  expect(stateAt(now, good, good, { enabled: false, disabled_because: 'the item was removed' })).toBe(
    'disabled',
  )
})
