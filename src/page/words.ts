/** Sizes, counts and times as people read them. */

import { signal } from '@preact/signals'

/** The zone of the daemon's machine: all times are shown in it, if they have no other. */
export const zone = signal(Intl.DateTimeFormat().resolvedOptions().timeZone)

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

export function sizeWords(bytes: number | null | undefined): string {
  if (bytes == null) return '–'
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit]}`
}

const numbers = new Intl.NumberFormat('en')
export const numberWords = (value: number): string => numbers.format(value)

/** `1 file`, `1,204 files`. */
export const countWords = (count: number, one: string, many = `${one}s`): string =>
  `${numberWords(count)} ${count === 1 ? one : many}`

const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${options.timeZone}`
  let format = formats.get(key)
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-GB', options)
    } catch {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
    }
    formats.set(key, format)
  }
  return format
}

/** `Sat 28 Nov 2026, 22:00 CET`; the year only if it is another one. */
export function timeWords(time: string | null | undefined, timeZone = zone.value): string {
  if (time == null) return 'never'
  const date = new Date(time)
  const thisYear = date.getFullYear() === new Date().getFullYear()
  const format = formatOf(thisYear ? 'time' : 'time and year', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(thisYear ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  })
  return format.format(date)
}

/** `22:00:14`. */
export const clockWords = (time: string): string =>
  formatOf('clock', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone: zone.value,
  }).format(new Date(time))

/** `28 Nov 2026`, of a day such as 2026-11-28. */
export const dayWords = (day: string): string =>
  formatOf('day', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `5 minutes ago`, `in 3 hours`. */
export function agoWords(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000
  const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60]
  if (Math.abs(seconds) < 60) return seconds > 0 ? 'in a moment' : 'just now'
  return relative.format(Math.trunc(seconds / length), unit)
}

/** `3 h 20 min`. */
export function durationWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`
}

/** The last name of a path. */
export const baseName = (path: string): string => path.split('/').at(-1) ?? path
