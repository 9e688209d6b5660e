/** The folders at the top of a mounted set: which backup is where. */

import type Database from 'better-sqlite3'
import { backupRows } from '../catalog/set-rows.ts'

/** A backup under one of its names. */
export interface View {
  /** Unique among the views. */
  readonly key: string
  readonly backup: number
}

export interface TopFolders {
  readonly latest: View
  /** The names in the folder, and their backups. */
  readonly byNumber: ReadonlyMap<string, View>
  readonly byDate: ReadonlyMap<string, View>
  /** When the newest one started, in seconds since 1970. */
  readonly seconds: number
}

/** Under which date a backup is. */
export interface DateName {
  readonly backup: number
  readonly name: string
}

export function topFolders(db: Database.Database, newest: number, dates: readonly DateName[]): TopFolders {
  const rows = backupRows(db)
  const byNumber = rows.map(
    ({ number }) => [String(number), { key: `number ${number}`, backup: number }] as const,
  )
  const byDate = dates.map(({ backup, name }) => [name, { key: `date ${backup}`, backup }] as const)
  const started = rows.find(({ number }) => number === newest)?.started ?? 0
  return {
    latest: { key: 'latest', backup: newest },
    byNumber: new Map(byNumber),
    byDate: new Map(byDate),
    seconds: Math.floor(started / 1000),
  }
}

/** Dates in the time zone of this process. */
export function dateNames(db: Database.Database): DateName[] {
  const rows = backupRows(db)
  const taken = new Set<string>()
  return rows.map(({ number, started }) => {
    const date = dateName(started)
    let name = date
    // Backups may begin in the same second, and clocks are set back.
    for (let i = 2; taken.has(name); i++) name = `${date}-${i}`
    taken.add(name)
    return { backup: number, name }
  })
}

/** `YYYY-MM-DDTHHMMSS` in local time, like the dates that `--at` takes. */
function dateName(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = [String(date.getFullYear()).padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())]
  return `${day.join('-')}T${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
}
