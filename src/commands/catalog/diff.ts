import type Database from 'better-sqlite3'
import { type ResolvedBackup, resolveBackup } from '../../catalog/resolve-backup.ts'
import { backupRows } from '../../catalog/set-rows.ts'
import { type Change, compareBackups } from '../../catalog/compare-backups.ts'
import { ButcherError } from '../../errors.ts'

export interface Difference {
  readonly from: ResolvedBackup
  readonly to: ResolvedBackup
  readonly changes: Iterable<Change>
}

/**
 * The changes from backup `from` to backup `to`, each a number or a date. `to` defaults to the newest, `from`
 * to the one before `to`. Throws `usage` if there is no such backup.
 */
export function diff(db: Database.Database, from?: string, to?: string): Difference {
  const newer = resolveBackup(db, to)
  const older = from === undefined ? backupBefore(db, newer) : resolveBackup(db, from)
  return { from: older, to: newer, changes: compareBackups(db, older.number, newer.number) }
}

function backupBefore(db: Database.Database, backup: ResolvedBackup): ResolvedBackup {
  const before = backupRows(db).findLast(({ number }) => number < backup.number)
  if (before === undefined) {
    throw new ButcherError('usage', `there is no backup before ${backup.number} to compare it with`)
  }
  return resolveBackup(db, String(before.number))
}
