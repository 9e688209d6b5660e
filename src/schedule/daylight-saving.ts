/** The nights in which a clock is set, and what they do to a schedule. */

import { type CronFields, parseCron } from './cron-fields.ts'
import { nextOccurrence, type Timing } from './schedule.ts'

const dayMs = 24 * 3600_000
const minuteMs = 60_000
const lookAheadDays = 370

/** Sentences about occurrences of the coming year that the change of a clock moves or doubles. */
export function daylightWarnings(timing: Timing, now: Date): readonly string[] {
  if (timing.cron === '') return []
  const fields = parseCron(timing.cron)
  return clockChanges(timing.zone, now).flatMap((change) => warningOf(timing, fields, change) ?? [])
}

interface ClockChange {
  /** The first moment of the new time. */
  readonly at: number
  /** By so many minutes the clock goes forward; below 0: back. */
  readonly minutes: number
}

/** The changes of the coming year. */
function clockChanges(zone: string, now: Date): readonly ClockChange[] {
  const offset = offsetOf(zone)
  const changes: ClockChange[] = []
  for (let day = 0; day < lookAheadDays; day++) {
    let [low, high] = [now.getTime() + day * dayMs, now.getTime() + (day + 1) * dayMs]
    const before = offset(low)
    const minutes = offset(high) - before
    if (minutes === 0) continue
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs
      if (middle === low) break
      if (offset(middle) === before) low = middle
      else high = middle
    }
    changes.push({ at: Math.floor(high / minuteMs) * minuteMs, minutes })
  }
  return changes
}

/** The difference of a zone to UTC at a time, in minutes. */
function offsetOf(zone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  return (time) => {
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const match = /([+-])(\d{2}):(\d{2})/.exec(name)
    if (!match) return 0
    const minutes = Number(match[2]) * 60 + Number(match[3])
    return match[1] === '-' ? -minutes : minutes
  }
}

function warningOf(
  { cron, zone }: Timing,
  fields: CronFields,
  { at, minutes }: ClockChange,
): string | undefined {
  const isForward = minutes > 0
  // The clock times that the night lacks, or has twice, count from the earlier of both readings.
  const before = offsetOf(zone)(at - minuteMs)
  const from = at + (isForward ? before : before + minutes) * minuteMs
  const time = timesBetween(fields, from, Math.abs(minutes))
  if (time === undefined) return undefined
  const first = nextOccurrence({ cron, zone }, new Date(at - (isForward ? 1 : -minutes * minuteMs + 1)))
  // The schedule may not be due on that day at all.
  if (first === undefined || first.getTime() > at + 2 * 60 * minuteMs) return undefined
  const night = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'long' }).format(at)
  if (isForward) {
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(first)
    return `On ${night} the clock goes forward: ${time} does not exist. The run comes at ${clock}.`
  }
  const second = nextOccurrence({ cron, zone }, new Date(first.getTime() + (-minutes - 1) * minuteMs))
  const isTwice = second !== undefined && second.getTime() - first.getTime() === -minutes * minuteMs
  return `On ${night} the clock goes back: ${time} is there twice. The run comes ${isTwice ? 'both times' : 'once, the first time'}.`
}

/** The first time of the schedule in a stretch of clock time, as `02:30`. */
function timesBetween({ minutes, hours }: CronFields, from: number, length: number): string | undefined {
  for (let i = 0; i < length; i++) {
    const clock = new Date(from + i * minuteMs)
    if (hours.includes(clock.getUTCHours()) && minutes.includes(clock.getUTCMinutes()))
      return clock.toISOString().slice(11, 16)
  }
  return undefined
}
