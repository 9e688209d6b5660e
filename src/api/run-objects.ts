/** Runs and the standing of jobs as the interface shows them. */

import { parseJson } from './parse-json.ts'
import type { Definitions, Job } from '../jobs/definitions.ts'
import { type scheduleTimes, standingOf } from '../jobs/job-status.ts'
import type { RunRow } from '../jobs/run-database.ts'
import type { RunReader } from '../jobs/run-reader.ts'

/** No process number: it is none of the caller's business. */
export function runObject(
  { pid: _pid, worker: _worker, summary, ...row }: RunRow,
  progress: string | null = null,
): object {
  return {
    ...row,
    summary: summary === null ? null : parseJson(summary),
    progress: progress === null ? null : withoutType(parseJson(progress)),
  }
}

function withoutType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return null
  const { type: _type, ...rest } = value as { readonly type?: unknown }
  return rest
}

export const runWithProgress = (row: RunRow, reader: RunReader): object =>
  runObject(row, row.state === 'running' ? reader.progress(row.run) : null)

export interface JobStatus {
  readonly job: string
  readonly state: string
  readonly reason: string
  readonly last_run: object | null
  readonly last_good: string | null
  readonly next_due: string | null
}

export function jobStatuses(
  jobs: readonly Job[],
  { schedules }: Definitions,
  reader: RunReader,
  queue: ReadonlySet<string>,
  timesOf: ReturnType<typeof scheduleTimes>,
): readonly JobStatus[] {
  const lastRuns = reader.lastRuns(jobs.map(({ name }) => name))
  return jobs.map((job) => statusOf(job, lastRuns.get(job.name), schedules, reader, queue, timesOf))
}

function statusOf(
  job: Job,
  last: RunRow | undefined,
  schedules: Definitions['schedules'],
  reader: RunReader,
  queue: ReadonlySet<string>,
  timesOf: ReturnType<typeof scheduleTimes>,
): JobStatus {
  const lastGood = last?.state === 'ok' ? last : reader.lastGood(job.name)
  const schedule = schedules.find(({ id }) => id === job.schedule_id)
  const { state, reason, nextDue } = standingOf(
    job,
    { schedule, last, lastGood, isQueued: queue.has(job.name) },
    timesOf,
  )
  return {
    job: job.name,
    state,
    reason,
    last_run: last === undefined ? null : runWithProgress(last, reader),
    last_good: lastGood?.finished ?? null,
    next_due: nextDue?.toISOString() ?? null,
  }
}
