/** `butcher forget`: marks backups that are no longer listed. The marks can be taken back until a prune. */

import type Database from 'better-sqlite3'
import { forgottenBackups, markForgotten, pinnedBackups, removeForgotten } from '../../catalog/marks.ts'
import { type BackupRow, backupRows, problemCounts } from '../../catalog/set-rows.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { ButcherError } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { checkFields } from '../../options/check-fields.ts'
import { localZone, parseSpan } from '../../retention/calendar.ts'
import { chooseBackups, type Policy, type Reason, whyHeld } from '../../retention/choose-backups.ts'
import { changeOpenedSet } from '../../set/change-set.ts'
import { readersOf } from '../../set/readers.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { forgetFields } from './forget-fields.ts'
import type { ForgetOptions, ForgetSummary, JudgedBackup, KeepRules } from './forget-options.ts'

/**
 * Forgets the backups that the rules do not keep, and those of `backups`. Takes back those of `undo`. The
 * newest backup, the newest complete one, unfinished and pinned ones always stay. Throws `usage` without any
 * rule and number, for an unknown backup, and for one that must stay; then nothing changes. Also throws
 * errors of `noteDiscs`.
 */
export async function forget(options: ForgetOptions): Promise<ForgetSummary> {
  checkFields('forget', forgetFields, options)
  const { report = silent, undo = [], backups: named = [] } = options
  const policy = policyOf(options)
  if (Object.keys(policy).length + named.length + undo.length === 0) {
    throw new ButcherError('usage', 'no rule says which backups to keep', {
      hint: 'give --keep-last, --keep-daily or another rule; or --backup with the numbers to forget',
    })
  }
  const secrets = await openSecrets(options, report)
  if (options.dryRun === true) {
    const { index, store } = options
    const reading = {
      forgotten: true,
      report,
      ...(index === undefined ? {} : { index }),
      ...(store === undefined ? {} : { store }),
    }
    const catalog = await openCatalog([options.destination], secrets, reading)
    try {
      return judge(catalog.db, policy, options)
    } finally {
      catalog.close()
    }
  }
  return changeOpenedSet({ ...options, secrets }, async ({ set: { db }, stage }) => {
    const summary = judge(db, policy, options)
    const now = Date.now()
    for (const backup of summary.undone) removeForgotten(db, backup)
    for (const backup of summary.forgotten) markForgotten(db, backup, now)
    // Each disc carries the marks, so that they outlive the destination's catalog.
    await stage()
    return summary
  })
}

function policyOf(rules: KeepRules): Policy {
  const { keepLast: last, keepHourly: hourly, keepDaily: daily, keepWeekly: weekly } = rules
  const { keepMonthly: monthly, keepYearly: yearly, keepWithin } = rules
  const within = keepWithin === undefined ? undefined : parseSpan(keepWithin)
  const given = Object.entries({ last, hourly, daily, weekly, monthly, yearly, within })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

function judge(db: Database.Database, policy: Policy, options: ForgetOptions): ForgetSummary {
  const { report = silent, undo = [], backups: named = [], force = false, dryRun = false } = options
  for (const backup of undo) checkUndo(db, backup, report)
  const gone = forgottenBackups(db)
  const rows = backupRows(db).filter(({ number }) => !gone.has(number) || undo.includes(number))
  const problems = problemCounts(db)
  const hasRules = Object.keys(policy).length > 0
  const isPartial = ({ number }: BackupRow): boolean => problems.has(number)
  const sizes = rows.map((row) => ({
    isFinished: row.finished !== null,
    isPartial: isPartial(row),
    files: row.files,
  }))
  const held = hasRules && !force ? whyHeld(sizes) : undefined
  if (held !== undefined) {
    const message = `the rules forget nothing now: ${held} (--force applies them)`
    report({ type: 'warning', kind: 'other', message })
  }
  const pinned = pinnedBackups(db)
  const inUse = new Set(readersOf(options.destination).map(({ backup }) => backup))
  const chosen = chooseBackups({
    backups: rows.map((row) => ({
      number: row.number,
      started: row.started,
      isFinished: row.finished !== null,
      isPartial: isPartial(row),
      isPinned: pinned.has(row.number),
      isInUse: inUse.has(row.number),
    })),
    policy,
    zone: options.zone ?? localZone(),
    now: Date.now(),
  })
  const reasons = new Map(chosen.map((choice) => [choice.number, choice.reasons]))
  for (const backup of named) checkNamed(gone, backup, reasons.get(backup), report)
  const isRuled = hasRules && held === undefined
  const backups = rows.map(({ number, name, started, files, bytes }): JudgedBackup => {
    const found = reasons.get(number) ?? []
    const stays = named.includes(number) ? [] : isRuled || found.length > 0 ? found : (['no rule'] as const)
    return { backup: number, name, started, files, bytes, reasons: stays }
  })
  const numbers = (isKept: boolean): number[] =>
    backups.flatMap((one) => (one.reasons.length > 0 === isKept ? [one.backup] : []))
  return {
    backups,
    kept: numbers(true),
    forgotten: numbers(false),
    undone: [...new Set(undo)],
    held: held ?? null,
    dryRun,
  }
}

/** The reasons that also hold a backup that the user names. */
const firmReasons: Partial<Record<Reason, string>> = {
  pinned: 'it is pinned',
  'in use': 'a restore reads it',
  newest: 'it is the newest, and the next backup builds on it',
  'newest complete': 'it is the newest complete one',
  'not finished': 'it is not finished, and the next run resumes it',
}

/** A backup that is forgotten already is no error: after a kill, the same command completes its work. */
function checkNamed(
  gone: ReadonlyMap<number, number>,
  backup: number,
  reasons: readonly Reason[] | undefined,
  report: Report,
): void {
  if (reasons === undefined) {
    if (gone.has(backup)) return report({ type: 'note', message: `backup ${backup} is forgotten already` })
    throw new ButcherError('usage', `there is no backup ${backup}`, { hint: 'butcher log lists the backups' })
  }
  const firm = reasons.find((reason) => firmReasons[reason] !== undefined)
  if (firm === undefined) return
  const hint = firm === 'pinned' ? 'butcher unpin allows it' : 'butcher log lists the backups'
  throw new ButcherError('usage', `backup ${backup} cannot be forgotten: ${firmReasons[firm]}`, { hint })
}

function checkUndo(db: Database.Database, backup: number, report: Report): void {
  if (forgottenBackups(db).has(backup)) return
  const isThere = backupRows(db).some(({ number }) => number === backup)
  if (isThere) return report({ type: 'note', message: `backup ${backup} is not forgotten` })
  throw new ButcherError('usage', `there is no backup ${backup}`, {
    hint: 'a prune has removed it, or it never was',
  })
}
