/** Cron expressions from simple choices, and words for them. */

import { ButcherError } from '../errors.ts'
import { parseCron, weekdays } from './cron-fields.ts'

/** The choices of somebody who does not write cron. */
export interface SimpleTiming {
  /** `30min`, `6h`, `day`, `3days`, `week`, `month`, `3months`. */
  readonly every: string
  /** `22:00`, for days and longer; 02:00 if not given. */
  readonly time?: string | undefined
  /** `mon,thu`, for weeks; Sunday if not given. */
  readonly weekdays?: string | undefined
  /** 1 to 31, for months; 1 if not given. */
  readonly monthday?: number | undefined
}

/** Makes the cron expression. Throws `usage` for choices that cron cannot say. */
export function cronOfChoices({ every, time, weekdays: days, monthday }: SimpleTiming): string {
  const match = /^(\d{0,3})\s*(min|minutes?|h|hours?|days?|weeks?|months?)$/i.exec(every)
  if (!match) throw wrong(every, 'take 30min, 6h, day, 3days, week, month or 3months')
  const count = match[1] === '' ? 1 : Number(match[1])
  const unit = (match[2] as string).toLowerCase().replace(/s$/, '')
  const isShort = unit.startsWith('min') || unit.startsWith('h')
  if (isShort && time !== undefined) throw wrong(every, 'a time of day goes with days, weeks and months only')
  if (unit !== 'week' && days !== undefined) throw wrong(every, 'days of the week go with week only')
  if (unit !== 'month' && monthday !== undefined)
    throw wrong(every, 'a day of the month goes with months only')
  if (unit.startsWith('min')) return `${stepOf(count, 60, every)} * * * *`
  if (unit.startsWith('h')) return `0 ${stepOf(count, 24, every)} * * *`
  const [hour, minute] = timeOf(time ?? '02:00')
  if (unit === 'day') return `${minute} ${hour} ${count === 1 ? '*' : `*/${within(count, 31, every)}`} * *`
  if (unit === 'week') {
    if (count !== 1) throw wrong(every, 'cron cannot count weeks')
    return `${minute} ${hour} * * ${weekdayList(days ?? 'sun')}`
  }
  const day = within(monthday ?? 1, 31, every)
  return `${minute} ${hour} ${day} ${count === 1 ? '*' : stepOf(count, 12, every)} *`
}

/** `*\/N`, if N divides the whole: else the last gap would be shorter. */
function stepOf(count: number, whole: number, every: string): string {
  if (count < 1 || whole % count !== 0 || count === whole)
    throw wrong(every, `the number must divide ${whole}, and be below it`)
  return count === 1 ? '*' : `*/${count}`
}

function within(count: number, most: number, every: string): number {
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw wrong(every, `the number must be 1 to ${most}`)
  return count
}

function timeOf(time: string): readonly [hour: number, minute: number] {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(time)
  if (!match) throw new ButcherError('usage', `cannot use the time '${time}': it is not HH:MM, such as 22:00`)
  return [Number(match[1]), Number(match[2])]
}

function weekdayList(days: string): string {
  const names = days
    .toLowerCase()
    .split(',')
    .map((day) => day.trim())
  const strange = names.find((name) => !(weekdays as readonly string[]).includes(name))
  if (strange !== undefined)
    throw new ButcherError('usage', `unknown day of the week '${strange}'`, {
      hint: `take ${weekdays.join(', ')}`,
    })
  return names.join(',')
}

const wrong = (every: string, why: string): ButcherError =>
  new ButcherError('usage', `cannot make a schedule of 'every ${every}': ${why}`)

const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

/** `every day at 22:00`; the expression itself if no such words fit. */
export function describeCron(cron: string): string {
  if (cron === '') return 'once'
  const [minute, hour, day, month, weekday] = cron.trim().split(/\s+/) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const wholeDay = day === '*' && month === '*' && weekday === '*'
  if (wholeDay && hour === '*') {
    if (/^\d+$/.test(minute)) return minute === '0' ? 'every hour' : `every hour at ${minute} minutes past`
    if (minute.startsWith('*/')) return `every ${minute.slice(2)} minutes`
  }
  if (wholeDay && hour.startsWith('*/') && minute === '0') return `every ${hour.slice(2)} hours`
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour)) return `cron ${cron}`
  const at = `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (wholeDay) return `every day ${at}`
  if (month === '*' && weekday === '*' && day.startsWith('*/'))
    return `every ${day.slice(2)} days of the month ${at}`
  if (day === '*' && month === '*')
    return `every ${joined(parseCron(cron).weekdays.map((n) => dayNames[n] as string))} ${at}`
  if (weekday !== '*' || !/^\d+$/.test(day)) return `cron ${cron}`
  if (month === '*') return `on day ${day} of every month ${at}`
  return month.startsWith('*/') ? `on day ${day} of every ${month.slice(2)} months ${at}` : `cron ${cron}`
}

const joined = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
