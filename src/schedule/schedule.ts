/** Schedules: when a job is due. Pure functions of a schedule and a time. */

import { Cron } from 'croner'
import { ButcherError } from '../errors.ts'
import { parseCron, smallestGapMinutes } from './cron-fields.ts'

export interface Timing {
  /** Five fields; empty for a job that runs once. */
  readonly cron: string
  /** A time zone of the IANA database, `Europe/Berlin`. */
  readonly zone: string
}

/** Two occurrences may not be nearer: a backup needs some time, and a mistake must not fill a store. */
const leastGapMinutes = 5

/** Throws `usage` if the schedule cannot be used: a wrong expression or zone, never due, or due too often. */
export function checkTiming(timing: Timing, now: Date): void {
  checkZone(timing.zone)
  if (timing.cron === '') return
  const gap = smallestGapMinutes(parseCron(timing.cron))
  if (gap < leastGapMinutes)
    throw new ButcherError(
      'usage',
      `cannot use the cron expression '${timing.cron}': two runs would be ${gap} ${gap === 1 ? 'minute' : 'minutes'} apart`,
      { hint: `leave at least ${leastGapMinutes} minutes between two runs` },
    )
  if (nextOccurrence(timing, now) === undefined)
    throw new ButcherError('usage', `cannot use the cron expression '${timing.cron}': it is never due`, {
      hint: 'no year has such a day',
    })
}

function checkZone(zone: string): void {
  try {
    void new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch (error) {
    throw new ButcherError('usage', `unknown time zone '${zone}'`, {
      hint: 'take a name such as Europe/Berlin, or UTC',
      cause: error,
    })
  }
}

/** The time zone of this machine. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

const cronOf = ({ cron, zone }: Timing): Cron =>
  new Cron(cron, { mode: '5-part', timezone: zone, paused: true })

/** The first occurrence after `after`; undefined if there is none. */
export const nextOccurrence = (timing: Timing, after: Date): Date | undefined =>
  timing.cron === '' ? undefined : (cronOf(timing).nextRun(after) ?? undefined)

/** The next `count` occurrences. */
export const nextOccurrences = (timing: Timing, after: Date, count: number): readonly Date[] =>
  timing.cron === '' ? [] : cronOf(timing).nextRuns(count, after)

/** The last `count` occurrences up to `now`, the newest first. */
export const previousOccurrences = (timing: Timing, now: Date, count: number): readonly Date[] =>
  timing.cron === '' ? [] : cronOf(timing).previousRuns(count, nextMinute(now))

export interface Due {
  /** The newest occurrence that has passed. The run stands for all of them. */
  readonly at: Date
  /** How many occurrences passed before it without a run, at most `mostMissed`. */
  readonly missed: number
}

export const mostMissed = 1000

/** A due time that lies further ahead than this was stored before the clock was set back. */
const clockSetBackMs = 25 * 3600_000

/**
 * Whether a run is due at `now`. `last`: the due time of the last run that was started, or the time when the
 * job was made. A schedule without cron is due once: if `hasRun` is false.
 */
export function dueOf(timing: Timing, last: Date, hasRun: boolean, now: Date): Due | undefined {
  if (timing.cron === '') return hasRun ? undefined : { at: last, missed: 0 }
  const from = last.getTime() > now.getTime() + clockSetBackMs ? now : last
  // In autumn an hour is there twice: the second 02:00 may be too near to the first 02:58.
  const earliest = new Date(from.getTime() + (hasRun ? leastGapMinutes * 60_000 - 1 : 0))
  const passed: Date[] = []
  const cron = cronOf(timing)
  for (let at = cron.nextRun(earliest); at !== null && at <= now; at = cron.nextRun(at)) {
    passed.push(at)
    if (passed.length > mostMissed)
      return { at: cron.previousRuns(1, nextMinute(now))[0] ?? at, missed: mostMissed }
  }
  const at = passed.at(-1)
  return at && { at, missed: passed.length - 1 }
}

/** The occurrence of this very minute counts as passed. */
const nextMinute = (now: Date): Date => new Date(now.getTime() + 1000)
