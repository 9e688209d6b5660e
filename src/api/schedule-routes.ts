/** Schedules before they are saved: their words, their next times, and the nights in which a clock is set. */

import { optional, text, anyText, whole } from '../options/check-fields.ts'
import { parseCron, smallestGapMinutes } from '../schedule/cron-fields.ts'
import { daylightWarnings } from '../schedule/daylight-saving.ts'
import { cronOfChoices, describeCron } from '../schedule/describe-cron.ts'
import { checkTiming, localZone, nextOccurrences } from '../schedule/schedule.ts'
import { wrongRequest } from './api-error.ts'
import { checkedBody } from './checked-body.ts'
import { ok } from './answer.ts'
import type { Route } from './route.ts'

interface Preview {
  readonly cron?: string
  readonly every?: string
  readonly time?: string
  readonly weekdays?: string
  readonly monthday?: number
  readonly zone?: string
}

const shownTimes = 5

export const scheduleRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'schedules/preview',
    scope: 'read',
    summary: 'show the next times of a schedule without saving it',
    body: '`{cron, zone}`, or `{every, time, weekdays, monthday, zone}` as the options of `butcher schedule add`',
    answer:
      '`{cron, text, zone, next, smallest_gap_minutes, warnings}`; the warnings are about nights in which the clock is set',
    handle: (request) => {
      const body = checkedBody<Preview>(request, {
        cron: optional(anyText),
        every: optional(text),
        time: optional(text),
        weekdays: optional(text),
        monthday: optional(whole),
        zone: optional(text),
      })
      const { every, zone = localZone() } = body
      if ((body.cron === undefined) === (every === undefined))
        throw wrongRequest('give either cron or every', { field: 'cron' })
      const cron = every === undefined ? (body.cron as string) : cronOfChoices({ ...body, every })
      const now = new Date()
      const timing = { cron, zone }
      checkTiming(timing, now)
      return ok({
        cron,
        text: describeCron(cron),
        zone,
        next: nextOccurrences(timing, now, shownTimes).map((time) => time.toISOString()),
        smallest_gap_minutes: cron === '' ? null : smallestGapMinutes(parseCron(cron)),
        warnings: daylightWarnings(timing, now),
      })
    },
  },
  {
    method: 'GET',
    path: 'zones',
    scope: 'read',
    summary: 'list the time zones, that of this machine first',
    answer: 'list of names such as `Europe/Berlin`',
    handle: () => {
      const local = localZone()
      return ok([local, ...['UTC', ...Intl.supportedValuesOf('timeZone')].filter((zone) => zone !== local)])
    },
  },
]
