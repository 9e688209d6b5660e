/** The summary at the end of a backup. */

import { storedChunks } from '../../catalog/earlier-runs.ts'
import { discRows } from '../../catalog/set-rows.ts'
import { getMeta } from '../../catalog/working-catalog.ts'
import type { ItemSource } from '../../pack/item-source.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import type { BackupSummary, DiscFill } from './backup-options.ts'
import { optionNames, type SetOptions } from '../../format/set-options.ts'
import { checkRoom } from './check-room.ts'
import { roomNeeded } from './expected-discs.ts'
import type { BackupRun, RunOptions } from './backup-run.ts'
import type { FilesBefore } from './count-changes.ts'
import { type DiscRoom, openDiscOf } from './disc-room.ts'
import { stagedDiscs } from '../../set/disc-source.ts'
import { estimateDiscs } from './estimate-discs.ts'
import type { StagedDisc } from '../../set/finish-set.ts'
import { freeBytesFor } from './in-store.ts'
import type { Ingested } from './ingest-source.ts'

export function backupSummary(
  run: BackupRun,
  ingested: Ingested,
  itemSource: ItemSource,
  packed: PackResult,
  discs: readonly StagedDisc[],
  warnings: number,
): BackupSummary {
  const { stored } = packed
  const before = filesBefore(ingested, itemSource)
  const all = storedChunks(run.set.db, run.backup)
  return {
    ...counts(run, ingested, itemSource),
    complete: packed.complete,
    filesNew: before.new + stored.new,
    filesChanged: before.changed + stored.changed,
    bytesSource: before.bytes + stored.bytes,
    bytesStored: all.bytes,
    chunks: all.chunks,
    discs: all.discs,
    fill: discs.filter(({ row }) => all.discs.includes(row.number)).map(fillOf),
    storedBefore: {
      files: before.new + before.changed,
      bytesSource: before.bytes,
      bytesStored: all.bytes - packed.bytesStored,
      chunks: all.chunks - packed.chunks,
    },
    warnings,
    sourceWarnings: packed.sourceProblems + ingested.problems.length,
    dryRun: false,
  }
}

function counts(
  run: BackupRun,
  ingested: Ingested,
  itemSource: ItemSource,
): Pick<
  BackupSummary,
  | 'backup'
  | 'options'
  | 'encryption'
  | 'filesUnchanged'
  | 'filesDeleted'
  | 'filesKept'
  | 'filesDeduplicated'
  | 'filesChangedDeduplicated'
  | 'bytesDeduplicated'
  | 'discsToBurn'
  | 'discOpen'
  | 'seconds'
> {
  const staged = stagedDiscs(run.set.db, run.options.destination)
  return {
    backup: run.backup,
    options: keptOf(run.options),
    encryption: (getMeta(run.set.db, 'encryption') ?? 'none') as BackupSummary['encryption'],
    filesUnchanged: ingested.filesUnchanged + itemSource.refreshed.files,
    filesDeleted: ingested.filesDeleted,
    filesKept: run.kept.files,
    filesDeduplicated: ingested.before.copies + itemSource.copies.files,
    filesChangedDeduplicated: ingested.before.changedCopies + itemSource.copies.changed,
    bytesDeduplicated: ingested.before.copyBytes + itemSource.copies.bytes,
    discsToBurn: staged.flatMap(({ row, goodCopies }) =>
      row.state !== 'open' && goodCopies === 0 ? [row.number] : [],
    ),
    discOpen: staged.find(({ row }) => row.state === 'open')?.row.number ?? null,
    seconds: (Date.now() - run.started) / 1000,
  }
}

/** The current files that earlier runs stored, including those whose metadata changed since. */
function filesBefore(
  { before }: Ingested,
  { refreshed: { ofEarlierRuns } }: ItemSource,
): Pick<FilesBefore, 'new' | 'changed' | 'bytes'> {
  return {
    new: before.new + ofEarlierRuns.new,
    changed: before.changed + ofEarlierRuns.changed,
    bytes: before.bytes + ofEarlierRuns.bytes,
  }
}

const keptOf = (options: RunOptions): SetOptions =>
  Object.fromEntries(optionNames.map((name) => [name, options[name]])) as unknown as SetOptions

const fillOf = ({ row, usedBytes }: StagedDisc): DiscFill => ({
  disc: row.number,
  label: row.label,
  medium: row.medium,
  usedBytes,
  capacityBytes: row.capacity,
  state: row.state,
})

/** A dry run stores nothing, but earlier runs of the backup may have. */
function dryRunCounts(
  run: BackupRun,
  ingested: Ingested,
  itemSource: ItemSource,
): Pick<BackupSummary, 'bytesStored' | 'chunks' | 'discs' | 'fill' | 'storedBefore'> {
  const before = filesBefore(ingested, itemSource)
  const { bytes: bytesStored, chunks, discs } = storedChunks(run.set.db, run.backup)
  const files = before.new + before.changed
  return {
    bytesStored,
    chunks,
    discs,
    fill: [],
    storedBefore: { files, bytesSource: before.bytes, bytesStored, chunks },
  }
}

export async function dryRunSummary(
  run: BackupRun,
  ingested: Ingested,
  itemSource: ItemSource,
  room: DiscRoom,
  warnings: () => number,
): Promise<BackupSummary> {
  const last = discRows(run.set.db).at(-1)
  const estimate = await estimateDiscs({
    itemSource,
    source: run.options.source,
    jobs: run.jobs,
    chunkBytes: room.chunkBytes,
    openRoomBytes: openDiscOf(run, room, last)?.roomBytes ?? 0,
    emptyRoomBytes: room.emptyRoomBytes,
  })
  checkRoom(roomNeeded(run, room, estimate.bytesStored), run.report, await freeBytesFor(run))
  return {
    ...counts(run, ingested, itemSource),
    ...dryRunCounts(run, ingested, itemSource),
    complete: true,
    filesNew: ingested.filesNew,
    filesChanged: ingested.filesChanged - itemSource.refreshed.files,
    bytesSource: ingested.bytesSource - itemSource.refreshed.bytes,
    warnings: warnings(),
    sourceWarnings: ingested.problems.length,
    dryRun: true,
    estimate,
  }
}
