/** How a job stands: its last runs against its schedule. Pure. */

import { nextOccurrence } from '../schedule/schedule.ts'
import type { Job, Schedule } from './definitions.ts'
import { pausedByHand } from './pause-job.ts'
import type { RunRow } from './run-database.ts'

type JobState = 'running' | 'queued' | 'paused' | 'disabled' | 'failed' | 'partial' | 'late' | 'ok' | 'never'

interface JobStanding {
  readonly state: JobState
  /** A sentence for people; empty if all is well. */
  readonly reason: string
  readonly nextDue: Date | undefined
}

interface JobHistory {
  readonly schedule: Schedule | undefined
  readonly last: RunRow | undefined
  readonly lastGood: RunRow | undefined
  readonly isQueued: boolean
}

export function standingOf(
  job: Job,
  { schedule, last, lastGood, isQueued }: JobHistory,
  now: Date,
): JobStanding {
  const nextDue = job.enabled && schedule ? nextOccurrence(schedule, now) : undefined
  const is = (state: JobState, reason = ''): JobStanding => ({ state, reason, nextDue })
  if (last?.state === 'running') return is('running')
  if (isQueued) return is('queued')
  if (!job.enabled) {
    const why = job.disabled_because ?? pausedByHand
    return is(why === pausedByHand ? 'paused' : 'disabled', why)
  }
  if (last === undefined) return is('never', 'it has not run yet')
  if (last.state === 'partial') return is('partial', last.reason)
  if (last.state !== 'ok' && last.state !== 'skipped') return is('failed', last.reason)
  if (isLate(schedule, lastGood, job, now))
    return is('late', last.state === 'skipped' ? last.reason : 'a scheduled run is missing')
  return lastGood === undefined ? is('never', last.reason) : is('ok')
}

/** Two due times have passed since the last good run began: one may be under way or waiting. */
function isLate(schedule: Schedule | undefined, lastGood: RunRow | undefined, job: Job, now: Date): boolean {
  if (!schedule || schedule.cron === '') return false
  const first = nextOccurrence(schedule, new Date(lastGood?.started ?? job.created))
  const second = first && nextOccurrence(schedule, first)
  return second !== undefined && second <= now
}
