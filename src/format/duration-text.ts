import { ButcherError } from '../errors.ts'

const dayMs = 86_400_000

/** The time this long before `now`: `90d`, `2w`, `6m` (calendar months), `1y`. Throws `usage`. */
export function timeBefore(text: string, now: number): number {
  const match = /^\s*(\d{1,4})\s*([dwmy])\s*$/i.exec(text)
  if (!match) {
    throw new ButcherError('usage', `'${text}' is not a span of time`, {
      hint: 'write 90d, 2w, 6m or 1y',
    })
  }
  const count = Number(match[1])
  const unit = (match[2] as string).toLowerCase()
  if (unit === 'd' || unit === 'w') return now - count * (unit === 'd' ? 1 : 7) * dayMs
  const date = new Date(now)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() - count * (unit === 'm' ? 1 : 12))
  // The 31st becomes the last day of a shorter month.
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, days))
  return date.getTime()
}
