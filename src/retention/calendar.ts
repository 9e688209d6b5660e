/** Calendar buckets of a moment in a time zone, and spans of calendar time. */

import { ButcherError } from '../errors.ts'

export const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type Period = (typeof periods)[number]

/** Local fields of a moment. */
interface LocalTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The zone of this machine, as the database of time zones names it. */
export const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

/** Throws `usage` if the system knows no such zone. */
export function checkZone(zone: string): string {
  try {
    formatOf(zone)
    return zone
  } catch (cause) {
    throw new ButcherError('usage', `'${zone}' is not a time zone`, {
      hint: 'write it like Europe/Berlin or UTC',
      cause,
    })
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-u-ca-iso8601-hc-h23', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  })
}

/** Returns the function that gives the local fields of a moment in milliseconds since 1970. */
function localTimeIn(zone: string): (ms: number) => LocalTime {
  const format = formatOf(zone)
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name))
    const year = parts.get('era')?.startsWith('B') === true ? 1 - field('year') : field('year')
    return {
      year,
      month: field('month'),
      day: field('day'),
      hour: field('hour'),
      minute: field('minute'),
      second: field('second'),
    }
  }
}

/** Returns the function that names the bucket of a moment. Moments in one bucket have one name. */
export function bucketIn(zone: string): (ms: number, period: Period) => string {
  const localTime = localTimeIn(zone)
  return (ms, period) => {
    const { year, month, day, hour } = localTime(ms)
    switch (period) {
      case 'hourly': {
        // When clocks go back, an hour comes twice: the offset tells the two apart.
        const offset = Date.UTC(year, month - 1, day, hour) - Math.floor(ms / hourMs) * hourMs
        return [year, month, day, hour, offset].join('-')
      }
      case 'daily':
        return [year, month, day].join('-')
      case 'weekly':
        return isoWeek(year, month, day)
      case 'monthly':
        return [year, month].join('-')
      case 'yearly':
        return String(year)
    }
  }
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** ISO 8601: a week begins on Monday, and belongs to the year that has its Thursday. */
function isoWeek(year: number, month: number, day: number): string {
  const date = Date.UTC(year, month - 1, day)
  const weekday = (new Date(date).getUTCDay() + 6) % 7
  const thursday = new Date(date + (3 - weekday) * dayMs)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = 1 + Math.floor((thursday.getTime() - first) / (7 * dayMs))
  return `${thursday.getUTCFullYear()}-W${week}`
}

/** A span of time: `2y5m7d3h`. */
export interface Span {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly hours: number
}

const spanPattern = /^(?:(\d{1,4})y)?(?:(\d{1,4})m)?(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?$/i

/** `7d`, `2w`, `3m` (calendar months), `1y`, `12h`, or several: `1y6m`. Throws `usage`. */
export function parseSpan(text: string): Span {
  const match = spanPattern.exec(text.replace(/\s+/g, ''))
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0] = (match ?? [])
    .slice(1)
    .map((count) => Number(count ?? 0))
  if (!match || years + months + weeks + days + hours === 0) {
    throw new ButcherError('usage', `'${text}' is not a span of time`, {
      hint: 'write it like 12h, 7d, 2w, 3m, 1y or 1y6m',
    })
  }
  return { years, months, days: days + 7 * weeks, hours }
}

/**
 * The moment this span before `ms`, by the calendar of the zone. The 31st becomes the last day of a month.
 */
export function spanBefore(ms: number, { years, months, days, hours }: Span, zone: string): number {
  const localTime = localTimeIn(zone)
  const from = localTime(ms)
  const month = from.year * 12 + from.month - 1 - years * 12 - months
  const [targetYear, targetMonth] = [Math.floor(month / 12), ((month % 12) + 12) % 12]
  const lastDay = new Date(Date.UTC(targetYear, targetMonth + 1, 0)).getUTCDate()
  const day = Math.min(from.day, lastDay) - days
  const wanted = Date.UTC(targetYear, targetMonth, day, from.hour, from.minute, from.second)
  // Two steps find the offset of the zone at that time.
  let moment = wanted
  for (let i = 0; i < 2; i++) moment += wanted - asUtc(localTime(moment))
  return moment + (((ms % 1000) + 1000) % 1000) - hours * hourMs
}

const asUtc = ({ year, month, day, hour, minute, second }: LocalTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)
