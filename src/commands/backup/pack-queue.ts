/** Gives packing its data about a set and its destination. */

import path from 'node:path'
import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { backupRows, chunkRow, discRows, manifestHead } from '../../catalog/set-rows.ts'
import { highest } from '../../catalog/working-catalog.ts'
import { chunkExtraIn } from '../../disc/capacity.ts'
import { asButcherError } from '../../errors.ts'
import { makeFolder, syncFolder } from '../../files/durable.ts'
import { chunkFolder, discFolder, discLabel, journalFile } from '../../format/layout.ts'
import type { DiscLine } from '../../format/manifest.ts'
import { showPath } from '../../format/path-text.ts'
import { chunkBound } from '../../pack/chunk-bound.ts'
import type { ItemSource } from '../../pack/item-source.ts'
import type { ChunkPaths } from '../../pack/open-chunk.ts'
import { pack } from '../../pack/pack.ts'
import type { PackOptions } from '../../pack/pack-options.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import type { WorkerPool } from '../../pack/worker-pool.ts'
import type { BackupRun } from './backup-run.ts'
import { stagedNumbers } from '../../set/disc-places.ts'
import { type DiscRoom, openDiscOf, referencesReserve } from './disc-room.ts'
import { overheadFields } from '../../set/disc-overhead.ts'
import { furtherDiscs } from './expected-discs.ts'
import { rootEntry } from './root-entry.ts'

/** Packs all that `itemSource` has by threads of this process. `discsBefore` count for `--max-discs`. */
export function packQueue(
  run: BackupRun,
  pool: WorkerPool,
  itemSource: ItemSource,
  room: DiscRoom,
  discsBefore = 0,
): Promise<PackResult> {
  const { set, options, destination, folders } = run
  const { stagingDir, journal } = folders as NonNullable<BackupRun['folders']>
  const paths = (disc: number, name: string, chunk: number): ChunkPaths => ({
    newPath: path.join(stagingDir, name),
    finalPath: path.join(destination.folder, discFolder(disc), chunkFolder, name),
    newJournalPath: path.join(stagingDir, journalFile(chunk, set.encrypted)),
    journalPath: path.join(journal, journalFile(chunk, set.encrypted)),
  })
  const { signalNow } = options
  const { schedule, ...rest } = packing(run, itemSource, room)
  const maxDiscs = schedule.maxDiscs - discsBefore
  return pack({
    ...rest,
    schedule: { ...schedule, maxDiscs },
    pool,
    paths,
    gate: run.copy?.outbox,
    signalNow,
  })
}

/** Everything about the set, its destination and the source, whoever packs. */
export function packing(
  run: BackupRun,
  itemSource: ItemSource,
  room: DiscRoom,
  recordDisc = discMaker(run),
): Omit<PackOptions, 'pool' | 'paths' | 'signalNow'> {
  const { set, options, backup: number, medium, destination } = run
  const { db } = set
  run.checkRoot()
  const row = backupRows(db).find((backup) => backup.number === number)
  const root = rootEntry(options.source, number, row?.started ?? Date.now())
  const discs = discRows(db)
  const lastDisc = Math.max(highest(db, 'disc'), destination.discs.at(-1) ?? 0)
  const openDisc = openDiscOf(run, room, discs.at(-1))
  const finalDisc = expectedLastDisc(itemSource.totalDataBytes(), room.emptyRoomBytes, openDisc, lastDisc)
  const beginDisc = (disc: number): DiscLine => {
    const capacity = medium.capacityBytes === Infinity ? null : medium.capacityBytes
    const label = discLabel(set.setId, disc)
    const { redundancy } = run
    const line: DiscLine = {
      t: 'disc',
      number: disc,
      label,
      medium: medium.name,
      capacity,
      ...(redundancy === null ? {} : { redundancy }),
    }
    recordDisc(line)
    return { ...line, ...overheadFields(room.take) }
  }
  return {
    db,
    itemSource,
    backup: number,
    encrypted: set.encrypted,
    schedule: {
      chunkBytes: room.chunkBytes,
      bound: chunkBound(set.keys),
      chunkExtraBytes: chunkExtraIn(room.take),
      emptyRoomBytes: room.emptyRoomBytes,
      openDisc,
      nextDisc: lastDisc + 1,
      nextChunk: highest(db, 'chunk') + 1,
      maxDiscs: options.maxDiscs ?? Infinity,
      discsStaged: options.countStaged === true ? stagedNumbers(destination.folder).length : 0,
    },
    reserveBytes: (references) => referencesReserve(run, references),
    head: manifestHead(db, set.setId, root),
    destination: destination.folder,
    checkSource: run.checkRoot,
    beginDisc,
    report: (event) => {
      if (event.type === 'chunk') sendChunk(run, event.chunk)
      run.report(
        event.type !== 'progress'
          ? event
          : {
              ...event,
              ...(finalDisc === undefined ? {} : { lastDisc: Math.max(finalDisc, event.disc ?? 0) }),
              ...(run.copy ? { uploadedBytes: run.copy.uploaded.bytes } : {}),
            },
      )
    },
    signal: options.signal,
  }
}

/** Makes the folder of a disc, and its row. */
function discMaker({ set, destination }: BackupRun): (line: DiscLine) => void {
  const apply = manifestApplier(set.db)
  return (line) => {
    const folder = path.join(destination.folder, discFolder(line.number))
    try {
      for (const made of [folder, path.join(folder, chunkFolder)]) makeFolder(made)
      syncFolder(folder)
      syncFolder(destination.folder)
    } catch (error) {
      throw asButcherError(error, 'cannot make', showPath(folder))
    }
    apply(line)
  }
}

/** A chunk of a set in a store goes there as soon as its record is in the journal. */
function sendChunk({ set, copy }: BackupRun, chunk: number): void {
  if (copy) copy.outbox.add(chunkRow(set.db, chunk))
}

/** Undefined for a medium without limit. */
function expectedLastDisc(
  bytes: number,
  emptyRoomBytes: number,
  open: { readonly disc: number; readonly roomBytes: number } | undefined,
  lastDisc: number,
): number | undefined {
  if (emptyRoomBytes === Infinity) return undefined
  const more = furtherDiscs(bytes, emptyRoomBytes, open?.roomBytes ?? 0)
  return open ? lastDisc + more : lastDisc + Math.max(1, more)
}
