/** Cron expressions of five fields: minute, hour, day of the month, month, day of the week. */

import { ButcherError } from '../errors.ts'

/** The values of each field, in ascending order. Sunday is 0. */
export interface CronFields {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  readonly weekdays: readonly number[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const
export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

interface FieldRule {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Names of values; the first one is `least`. */
  readonly names?: readonly string[]
}

const rules: readonly FieldRule[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of the week', least: 0, most: 7, names: weekdays },
]

/** Throws `usage` for anything but five fields of numbers, names, lists, ranges and steps. */
export function parseCron(expression: string): CronFields {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== rules.length)
    throw wrongCron(
      expression,
      `it needs five fields: minute, hour, day of the month, month, day of the week`,
    )
  const [minutes, hours, days, monthNumbers, weekdayNumbers] = rules.map((rule, i) =>
    valuesOf(fields[i] as string, rule, expression),
  ) as [number[], number[], number[], number[], number[]]
  // Both 0 and 7 are Sunday.
  const sundays = new Set(weekdayNumbers.map((day) => day % 7))
  return { minutes, hours, days, months: monthNumbers, weekdays: [...sundays].toSorted((a, b) => a - b) }
}

function valuesOf(field: string, rule: FieldRule, expression: string): number[] {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const match = /^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/([0-9]{1,2}))?$/i.exec(part)
    if (!match) throw wrongCron(expression, `'${part}' is not a ${rule.name}`)
    const [, all, from, to, step] = match
    const first = all === undefined ? numberOf(from as string, rule, expression) : rule.least
    const last = lastOf(all, to, first, rule, expression)
    const by = step === undefined ? 1 : Number(step)
    if (step !== undefined && all === undefined && to === undefined)
      throw wrongCron(
        expression,
        `the step in '${part}' needs a range, such as ${first}-${rule.most}/${step}`,
      )
    if (by === 0) throw wrongCron(expression, `the step in '${part}' is 0`)
    if (last < first) throw wrongCron(expression, `the range '${part}' ends before it begins`)
    for (let value = first; value <= last; value += by) values.add(value)
  }
  return [...values].toSorted((a, b) => a - b)
}

function lastOf(
  all: string | undefined,
  to: string | undefined,
  first: number,
  rule: FieldRule,
  expression: string,
): number {
  // 7 is a second name of Sunday, which `*` has already.
  if (all !== undefined) return rule.names === weekdays ? 6 : rule.most
  return to === undefined ? first : numberOf(to, rule, expression)
}

function numberOf(word: string, rule: FieldRule, expression: string): number {
  const named = rule.names?.indexOf(word.toLowerCase()) ?? -1
  const value = named >= 0 ? named + rule.least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
  if (!(value >= rule.least && value <= rule.most))
    throw wrongCron(expression, `'${word}' is not a ${rule.name} (${rule.least} to ${rule.most})`)
  return value
}

const wrongCron = (expression: string, why: string): ButcherError =>
  new ButcherError('usage', `cannot use the cron expression '${expression}': ${why}`, {
    hint: `for example '0 22 * * *' is every day at 22:00`,
  })

const minutesOfDay = 24 * 60

/**
 * The least number of minutes between two occurrences, from the fields of minute and hour alone. Days and
 * months can only make a gap longer, so the result is exact or too strict.
 */
export function smallestGapMinutes({ minutes, hours }: CronFields): number {
  const first = minutes[0] as number
  const last = minutes.at(-1) as number
  let least = minutesOfDay
  for (let i = 1; i < minutes.length; i++)
    least = Math.min(least, (minutes[i] as number) - (minutes[i - 1] as number))
  for (const [i, hour] of hours.entries()) {
    const next = hours[i + 1] ?? (hours[0] as number) + 24
    least = Math.min(least, 60 * (next - hour) - last + first)
  }
  return least
}
