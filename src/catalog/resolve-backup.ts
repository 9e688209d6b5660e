/** The backup that `--at` means. */

import type Database from 'better-sqlite3'
import { ButcherError } from '../errors.ts'
import { forgottenBackups } from './marks.ts'
import { showMilliseconds } from '../format/time-text.ts'

export interface ResolvedBackup {
  readonly number: number
  readonly name: string | null
  /** Milliseconds since 1970. */
  readonly started: number
  /** Null if the backup is not complete yet. */
  readonly finished: number | null
}

/**
 * The backup that `at` names: a number, or a date (`2026-11-20`, `2026-11-20T10:00`, `2026-11-20T10:00:00Z`;
 * local time without a zone). A date means the last backup that started at or before it. A date without a
 * time means the end of that day, and one without seconds the end of that minute. So a time printed by `log`
 * finds its own backup. By date, and without `at`, complete backups take precedence. Throws `usage` with a
 * list of backups if none matches, and `catalog` if there are no backups.
 */
export function resolveBackup(db: Database.Database, at: string | undefined): ResolvedBackup {
  const number = at === undefined ? undefined : backupNumber(at)
  const until = at === undefined ? Number.MAX_SAFE_INTEGER : number === undefined ? momentOf(at) : undefined
  const row = (
    until === undefined
      ? db.prepare(`SELECT ${columns} FROM backup WHERE number = ?`).get(number)
      : db
          .prepare(
            // A backup with a wrong clock has a later number and an earlier date.
            `SELECT ${columns} FROM backup WHERE started <= ?
            ORDER BY finished IS NULL, ${at === undefined ? '' : 'started DESC,'} number DESC LIMIT 1`,
          )
          .get(until)
  ) as Row | undefined
  if (row === undefined) throw notThere(db, at, number)
  return {
    number: Number(row.number),
    name: row.name,
    started: Number(row.started),
    finished: row.finished === null ? null : Number(row.finished),
  }
}

/** `text` as the number of a backup, or undefined. */
function backupNumber(text: string): number | undefined {
  const trimmed = text.trim()
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined
}

const columns = 'number, name, started, finished'

interface Row {
  readonly number: number | bigint
  readonly name: string | null
  readonly started: number | bigint
  readonly finished: number | bigint | null
}

const datePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

/** The last millisecond that `text` can mean. Throws `usage` if it is not a date. */
function momentOf(text: string): number {
  const match = datePattern.exec(text.trim())
  const date = match && momentOfMatch(match)
  if (date == null) {
    throw new ButcherError('usage', `'${text}' is neither the number of a backup nor a date`, {
      hint: 'write it like 3, 2026-11-20 or 2026-11-20T10:00',
    })
  }
  return date
}

function momentOfMatch(match: RegExpExecArray): number | undefined {
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const fields = [Number(year), Number(month) - 1, Number(day)] as const
  const calendar = new Date(Date.UTC(...fields))
  if (calendar.getUTCMonth() !== fields[1] || calendar.getUTCDate() !== fields[2]) return undefined
  const time = [
    Number(hour ?? 23),
    Number(minute ?? 59),
    Number(second ?? 59),
    fraction === undefined ? 999 : Number(fraction.padEnd(3, '9').slice(0, 3)),
  ] as const
  if (time[0] > 23 || time[1] > 59 || time[2] > 59) return undefined
  if (zone === undefined) return new Date(...fields, ...time).getTime()
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) : 0
  return Date.UTC(...fields, ...time) - minutes * 60_000
}

function notThere(db: Database.Database, at: string | undefined, number: number | undefined): ButcherError {
  const all = db.prepare('SELECT number, started FROM backup ORDER BY number').all() as Row[]
  if (all.length === 0) {
    return new ButcherError('catalog', 'the catalog holds no backup yet', {
      hint: 'make one: butcher backup',
    })
  }
  const numbers = showNumbers(all.map((row) => Number(row.number)))
  const there = all.length === 1 ? `there is backup ${numbers}` : `there are backups ${numbers}`
  if (number !== undefined && forgottenBackups(db).has(number)) {
    return new ButcherError('usage', `backup ${number} is forgotten; ${there}`, {
      hint: '--forgotten includes it, and butcher forget --undo takes it back',
    })
  }
  if (number !== undefined) return new ButcherError('usage', `there is no backup ${number}; ${there}`)
  return new ButcherError(
    'usage',
    `no backup was started at or before ${at}; ${there}, the oldest of ${showMilliseconds(Math.min(...all.map((row) => Number(row.started))))}`,
  )
}

/** Ascending numbers as ranges: `1-3, 7`. */
export function showNumbers(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}
