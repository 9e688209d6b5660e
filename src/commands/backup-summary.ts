/** What a backup tells at its end. */

import { discRows } from '../catalog/set-rows.ts'
import type { Feed } from '../pack/feed.ts'
import type { PackResult } from '../pack/pack-result.ts'
import type { BackupSummary, DiscFill } from './backup-options.ts'
import { optionNames, type SetOptions } from '../format/set-options.ts'
import type { BackupRun, RunOptions } from './backup-run.ts'
import { type DiscRoom, openDiscOf } from './disc-room.ts'
import { estimateDiscs } from './estimate-discs.ts'
import type { StagedDisc } from './finish-set.ts'
import type { Ingested } from './ingest-source.ts'

export function backupSummary(
  run: BackupRun,
  ingested: Ingested,
  feed: Feed,
  packed: PackResult,
  discs: readonly StagedDisc[],
  warnings: number,
): BackupSummary {
  const { stored } = packed
  return {
    ...counts(run, ingested, feed),
    complete: packed.complete,
    filesNew: stored.new,
    filesChanged: stored.changed,
    bytesSource: stored.bytes,
    bytesStored: packed.bytesStored,
    chunks: packed.chunks,
    discs: packed.discs,
    fill: discs.filter(({ row }) => packed.discs.includes(row.number)).map(fillOf),
    warnings,
    sourceWarnings: packed.sourceProblems + ingested.problems.length,
    dryRun: false,
  }
}

function counts(
  run: BackupRun,
  ingested: Ingested,
  feed: Feed,
): Pick<
  BackupSummary,
  'backup' | 'options' | 'filesUnchanged' | 'filesDeleted' | 'filesDeduplicated' | 'seconds'
> {
  return {
    backup: run.backup,
    options: keptOf(run.options),
    filesUnchanged: ingested.filesUnchanged + feed.touched.files,
    filesDeleted: ingested.filesDeleted,
    filesDeduplicated: feed.copies,
    seconds: (Date.now() - run.started) / 1000,
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

export async function dryRunSummary(
  run: BackupRun,
  ingested: Ingested,
  feed: Feed,
  room: DiscRoom,
  warnings: () => number,
): Promise<BackupSummary> {
  const last = discRows(run.set.db).at(-1)
  const estimate = await estimateDiscs({
    feed,
    source: run.options.source,
    jobs: run.jobs,
    chunkBytes: room.chunkBytes,
    openRoomBytes: openDiscOf(run, room, last)?.roomBytes ?? 0,
    emptyRoomBytes: room.emptyRoomBytes,
  })
  return {
    ...counts(run, ingested, feed),
    complete: true,
    filesNew: ingested.filesNew,
    filesChanged: ingested.filesChanged - feed.touched.files,
    bytesSource: ingested.bytesSource - feed.touched.bytes,
    bytesStored: 0,
    chunks: 0,
    discs: [],
    fill: [],
    warnings: warnings(),
    sourceWarnings: ingested.problems.length,
    dryRun: true,
    estimate,
  }
}
