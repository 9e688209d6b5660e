import { expect, test } from 'vitest'
import { dueJobs } from '../../src/daemon/due-jobs.ts'
import type { Definitions, Job } from '../../src/jobs/definitions.ts'
import { noDefinitions } from '../../src/jobs/definitions.ts'

const job = (name: string, more: Partial<Job> = {}): Job => ({
  name,
  target_type: 'item',
  target_name: 'photos',
  store_name: 'disk',
  schedule_id: 'nightly',
  retention: {},
  enabled: true,
  on_mains: false,
  before: [],
  after: [],
  created: '2026-01-01T00:00:00.000Z',
  ...more,
})
const definitions = (...jobs: Job[]): Definitions => ({
  ...noDefinitions,
  schedules: [
    { id: 'nightly', name: 'nightly', cron: '0 22 * * *', zone: 'UTC' },
    { id: 'hourly', name: 'hourly', cron: '0 * * * *', zone: 'UTC' },
    { id: 'once', name: 'once', cron: '', zone: 'UTC' },
  ],
  jobs,
})
const never = (): undefined => undefined
const at = (text: string): Date => new Date(text)

test('the job that was due first comes first', () => {
  const all = definitions(job('a', { schedule_id: 'hourly' }), job('b'))
  expect(dueJobs(all, never, at('2026-01-02T23:30:00Z'))).toEqual([
    { job: 'b', at: at('2026-01-02T22:00:00Z'), missed: 1 },
    { job: 'a', at: at('2026-01-02T23:00:00Z'), missed: 46 },
  ])
})

test('a run that was started makes the job wait for the next time', () => {
  expect(
    dueJobs(definitions(job('a')), () => at('2026-01-02T22:00:00Z'), at('2026-01-02T23:30:00Z')),
  ).toEqual([])
})

test('jobs that are paused, or have no schedule, are never due', () => {
  const paused = job('a', { enabled: false })
  const { schedule_id: _, ...byHand } = job('b')
  expect(dueJobs(definitions(paused, byHand), never, at('2027-01-01T00:00:00Z'))).toEqual([])
})

test('a schedule without cron is due once', () => {
  const all = definitions(job('a', { schedule_id: 'once' }))
  expect(dueJobs(all, never, at('2026-01-02T00:00:00Z')).map(({ job: name }) => name)).toEqual(['a'])
  expect(dueJobs(all, () => at('2026-01-01T00:00:00Z'), at('2027-01-02T00:00:00Z'))).toEqual([])
})
