import type Database from 'better-sqlite3'
import { backupRows } from '../../catalog/set-rows.ts'
import type { Report } from '../../events.ts'
import { showMilliseconds } from '../../format/time-text.ts'

/** `--at DATE`, `discs --due` and the times on the discs depend on the clock. */
export function warnOfClock(db: Database.Database, number: number, report: Report): void {
  const before = backupRows(db).filter((row) => row.number < number)
  const latest = before.reduce<(typeof before)[number] | undefined>(
    (found, row) => (found !== undefined && found.started >= row.started ? found : row),
    undefined,
  )
  const now = Date.now()
  if (latest === undefined || latest.started <= now) return
  const message =
    `the clock of this computer says ${showMilliseconds(now)}, which is before backup ${latest.number} of ` +
    `${showMilliseconds(latest.started)}: --at with a date will not find this backup where you expect it (set the clock)`
  report({ type: 'warning', kind: 'other', message })
}
