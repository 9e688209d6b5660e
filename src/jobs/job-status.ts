/** How a job stands: its last runs against its schedule. Pure. */

import { nextOccurrence, previousOccurrences } from '../schedule/schedule.ts'
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
  timesOf: ReturnType<typeof scheduleTimes>,
): JobStanding {
  const times = schedule && timesOf(schedule)
  const nextDue = job.enabled ? times?.next : undefined
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
  if (isLate(times, lastGood, job))
    return is('late', last.state === 'skipped' ? last.reason : 'a scheduled run is missing')
  return lastGood === undefined ? is('never', last.reason) : is('ok')
}

/** Two due times have passed since the last good run began: one may be under way or waiting. */
function isLate(times: ScheduleTimes | undefined, lastGood: RunRow | undefined, job: Job): boolean {
  const since = new Date(lastGood?.started ?? job.created)
  return times?.lastButOne !== undefined && times.lastButOne > since
}

interface ScheduleTimes {
  readonly next: Date | undefined
  /** The occurrence before the newest one that has passed. */
  readonly lastButOne: Date | undefined
}

/** Works each schedule out once, however many jobs it has. */
export function scheduleTimes(now: Date): (schedule: Schedule) => ScheduleTimes {
  const known = new Map<Schedule, ScheduleTimes>()
  return (schedule) => {
    let times = known.get(schedule)
    if (times === undefined) {
      const [, lastButOne] = previousOccurrences(schedule, now, 2)
      known.set(schedule, (times = { next: nextOccurrence(schedule, now), lastButOne }))
    }
    return times
  }
}
