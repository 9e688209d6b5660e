/** A backup whose destination is in a store: these steps differ from those in a folder. */

import { ButcherError } from '../../errors.ts'
import { silent } from '../../events.ts'
import type { SetOptions } from '../../format/set-options.ts'
import { attach } from '../../remote/attach.ts'
import { atDestination } from '../../remote/open-working-copy.ts'
import { isRclonePlace } from '../../store/rclone-place.ts'
import { shownError, shownReport, shownValue } from '../../remote/shown.ts'
import type { BackupHere, BackupOptions, BackupSummary } from './backup-options.ts'
import type { BackupRun } from './backup-run.ts'

/** Does `work` at the destination. A dry run only looks at a store. */
export async function toDestination(
  asked: BackupOptions,
  work: (options: BackupHere) => Promise<BackupSummary>,
): Promise<BackupSummary> {
  const inStore = isRclonePlace(asked.destination)
  if (!inStore || asked.dryRun !== true) return atDestination({ ...asked, inStore }, work)
  const { folders, shown, detach } = await attach([asked.destination], { ...asked, withJournal: true })
  try {
    const report = shownReport(asked.report ?? silent, shown)
    const summary = await work({ ...asked, inStore, destination: folders[0] as string, report })
    return shownValue(summary, shown)
  } catch (error) {
    throw shownError(error, shown)
  } finally {
    detach()
  }
}

/** Throws `usage` for options that need all chunks of a disc here. */
export function refuseForStore({
  redundancy,
  queue,
  planJobs,
}: SetOptions & Pick<BackupOptions, 'queue' | 'planJobs'>): void {
  if (queue !== undefined || planJobs !== undefined)
    throw new ButcherError(
      'usage',
      'other hosts pack only into a folder that all of them see, not into a store',
      {
        hint: 'leave the queue or the jobs out, or give a folder',
      },
    )
  if (redundancy === 0) return
  throw new ButcherError('usage', '--redundancy needs all chunks of a disc here, and a store keeps them', {
    hint: 'leave it out: what a store keeps is protected by the store',
  })
}

/** Free bytes in a store; undefined for a folder. A store that does not tell counts as endless. */
export async function freeBytesFor({ copy, options }: BackupRun): Promise<number | undefined> {
  if (!options.inStore) return undefined
  return copy?.store.abilities.room ? ((await copy.store.room()).free ?? Infinity) : Infinity
}
