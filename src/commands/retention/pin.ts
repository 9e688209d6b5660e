/** `butcher pin` and `butcher unpin`: no rule and no number forgets a pinned backup. */

import { forgottenBackups, markPinned, pinnedBackups, removePin } from '../../catalog/marks.ts'
import { backupRows } from '../../catalog/set-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { ButcherError } from '../../errors.ts'
import { checkFields } from '../../options/check-fields.ts'
import { changeSet } from '../../set/change-set.ts'
import { pinFields } from './forget-fields.ts'
import type { PinOptions, PinSummary } from './forget-options.ts'

/** Throws `usage` for a backup that is not there or is forgotten, and errors of `changeSet`. */
export async function pin(options: PinOptions): Promise<PinSummary> {
  checkFields('pin', pinFields, options)
  return changePins(options, (db, backup) => {
    if (forgottenBackups(db).has(backup)) {
      throw new ButcherError('usage', `backup ${backup} is forgotten`, {
        hint: `butcher forget --undo ${backup} takes it back`,
      })
    }
    markPinned(db, backup, Date.now())
  })
}

/** One that is not pinned stays so. Throws `usage` for an unknown backup, and errors of `changeSet`. */
export async function unpin(options: PinOptions): Promise<PinSummary> {
  checkFields('unpin', pinFields, options)
  return changePins(options, (db, backup) => {
    if (pinnedBackups(db).has(backup)) removePin(db, backup)
    else options.report?.({ type: 'note', message: `backup ${backup} is not pinned` })
  })
}

const changePins = (
  options: PinOptions,
  change: (db: Catalog, backup: number) => void,
): Promise<PinSummary> =>
  changeSet(options, async ({ set: { db }, stage }) => {
    const there = new Set(backupRows(db).map(({ number }) => number))
    for (const backup of options.backups) {
      if (!there.has(backup)) throw new ButcherError('usage', `there is no backup ${backup}`)
      change(db, backup)
    }
    await stage()
    return { pinned: [...pinnedBackups(db).keys()] }
  })
