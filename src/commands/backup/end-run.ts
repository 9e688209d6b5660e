/** The end of a run: completes the backup, and writes the catalog and the small files of its discs. */

import { applyReplacements } from '../../catalog/replaced-contents.ts'
import { finishBackup } from '../../catalog/set-rows.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import { forgetBegunOptions } from '../../set/begun-options.ts'
import { forgetSetId } from '../../set/job-folder.ts'
import type { BackupRun } from './backup-run.ts'
import type { DiscRoom } from './disc-room.ts'
import { finishSet, type StagedDisc } from '../../set/finish-set.ts'
import { recordFill } from './record-fill.ts'

/** Throws `io`, `no-space`, and errors of the store. The next run goes on. */
export async function endRun(
  run: BackupRun,
  packed: PackResult,
  room: DiscRoom,
): Promise<readonly StagedDisc[]> {
  const { set, destination, folders, jobs } = run
  const { work, stagingDir, journal } = folders as NonNullable<BackupRun['folders']>
  applyReplacements(set.db)
  recordFill(run, packed, room)
  if (packed.complete) finishBackup(set.db, run.backup, finishedAt(run, packed))
  // The journal's records follow their chunks, before the journal is cleared.
  await run.copy?.sendChunks(run.report)
  run.report({ type: 'stage', stage: 'finish' })
  const discs = await finishSet({
    set,
    destination: destination.folder,
    stagingDir,
    journalFolder: journal,
    jobs,
    report: run.report,
    signal: run.options.signal,
    indexPage: run.options.indexPage,
  })
  await run.copy?.push(set.db, run.report)
  forgetBegunOptions(destination.folder)
  if (!run.copy) forgetSetId(work)
  for (const { row, isCurrent, hadNothingNew } of discs) {
    if (!isCurrent && !hadNothingNew)
      run.report({
        type: 'note',
        message: `disc ${row.number} has no room for the newest catalog and keeps its own`,
      })
  }
  return discs
}

/** The time in the last chunk of the backup, so that a rebuilt catalog has the same time. */
function finishedAt({ set, backup: number }: BackupRun, packed: PackResult): number {
  const { end } = set.journal
  if (packed.chunks === 0 && end?.backup === number) return end.finished
  return packed.finished ?? Date.now()
}
