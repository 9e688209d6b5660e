/** The choices of the builder of schedules, and the request that they make. */

export const timingKinds = [
  ['hours', 'Every few hours'],
  ['days', 'Every day, or every few days'],
  ['weekdays', 'On days of the week'],
  ['months', 'Every month, or every few months'],
  ['cron', 'A cron expression'],
  ['once', 'Once'],
] as const

export type TimingKind = (typeof timingKinds)[number][0]

export interface Choices {
  readonly kind: TimingKind
  readonly hours: string
  readonly days: string
  readonly months: string
  readonly monthday: string
  readonly weekdays: readonly string[]
  readonly time: string
  readonly cron: string
}

export const firstChoices: Choices = {
  kind: 'days',
  hours: '6',
  days: '1',
  months: '1',
  monthday: '1',
  weekdays: ['sun'],
  time: '22:00',
  cron: '0 22 * * *',
}

/** The body of `schedules/preview`; undefined while the choices are not complete. */
export function previewOf(choices: Choices, zone: string): Readonly<Record<string, unknown>> | undefined {
  const { kind, hours, days, months, monthday, weekdays, time, cron } = choices
  if (zone === '') return undefined
  if (kind === 'once') return { cron: '', zone }
  if (kind === 'cron') return cron.trim() === '' ? undefined : { cron: cron.trim(), zone }
  if (kind === 'hours') return { every: hours === '1' ? 'h' : `${hours}h`, zone }
  if (time === '') return undefined
  if (kind === 'days')
    return days === '' ? undefined : { every: days === '1' ? 'day' : `${days}days`, time, zone }
  if (kind === 'weekdays')
    return weekdays.length === 0 ? undefined : { every: 'week', weekdays: weekdays.join(','), time, zone }
  if (monthday === '') return undefined
  return { every: months === '1' ? 'month' : `${months}months`, monthday: Number(monthday), time, zone }
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** The choices that make an expression; the expression itself if no choices do. */
export function choicesOf(cron: string): Choices {
  if (cron === '') return { ...firstChoices, kind: 'once' }
  const raw: Choices = { ...firstChoices, kind: 'cron', cron }
  const [minute = '', hour = '', day = '', month = '', weekday = '', ...more] = cron.trim().split(/\s+/)
  if (more.length > 0) return raw
  const everyDay = day === '*' && month === '*'
  const byHours = /^(?:\*|\*\/(\d+))$/.exec(hour)
  if (minute === '0' && byHours && everyDay && weekday === '*')
    return { ...raw, kind: 'hours', hours: byHours[1] ?? '1' }
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour)) return raw
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  const byDays = /^(?:\*|\*\/(\d+))$/.exec(day)
  if (byDays && month === '*' && weekday === '*')
    return { ...raw, kind: 'days', days: byDays[1] ?? '1', time }
  if (everyDay && /^[a-z0-6]+(,[a-z0-6]+)*$/i.test(weekday)) {
    const names = weekday
      .toLowerCase()
      .split(',')
      .map((word) => dayNames[Number(word)] ?? word)
    if (names.every((name) => (dayNames as readonly string[]).includes(name)))
      return { ...raw, kind: 'weekdays', weekdays: names, time }
  }
  const byMonths = /^(?:\*|\*\/(\d+))$/.exec(month)
  if (/^\d+$/.test(day) && byMonths && weekday === '*')
    return { ...raw, kind: 'months', months: byMonths[1] ?? '1', monthday: day, time }
  return raw
}
