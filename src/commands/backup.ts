/** `butcher backup`: ingest, diff, pack, and stage disc sets. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { manifestApplier } from '../catalog/apply-manifest.ts'
import { backupRows, chunkRows, discRows, finishBackup, manifestHead, noteDisc } from '../catalog/set-rows.ts'
import { passes, queueTotals } from '../catalog/work-queue.ts'
import { highest } from '../catalog/working-catalog.ts'
import {
  chunkExtraBytes,
  chunksBytes,
  type DiscContents,
  overheadBytes,
  roomBytes,
} from '../disc/capacity.ts'
import { readmeReserveBytes } from '../disc/readme.ts'
import { restoreScript } from '../disc/restore-script.ts'
import { ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { returnFreedMemory } from '../files/allocation.ts'
import { syncFolder } from '../files/durable.ts'
import { takeLock } from '../files/lock.ts'
import { ownerNames } from '../files/owner-names.ts'
import { chunkFolder, discFolder, discLabel, journalFile } from '../format/layout.ts'
import type { RootLine } from '../format/manifest.ts'
import { type Medium, parseMedium } from '../format/medium.ts'
import { showSize } from '../format/size-text.ts'
import { chunkBound } from '../pack/chunk-bound.ts'
import { Feed } from '../pack/feed.ts'
import { hashCandidateFiles } from '../pack/hash-candidates.ts'
import { type ChunkPaths, pack, type PackResult } from '../pack/pack.ts'
import { WorkerPool } from '../pack/worker-pool.ts'
import type { BackupOptions, BackupSummary, DiscFill } from './backup-options.ts'
import { catalogBound } from './catalog-bound.ts'
import { type Destination, lookAtDestination, prepareDestination } from './destination.ts'
import { estimateDiscs } from './estimate-discs.ts'
import { finishSet, type StagedDisc } from './finish-set.ts'
import { checkSource, type Ingested, ingestSource } from './ingest-source.ts'
import { clearLeftovers } from './journal.ts'
import { type OpenSet, openSet } from './open-set.ts'

const defaultChunkBytes = 1e9

interface Run {
  readonly options: BackupOptions
  readonly destination: Destination
  readonly set: OpenSet
  readonly medium: Medium
  readonly jobs: number
  readonly backup: number
  readonly report: Report
  readonly started: number
  /** Absent in a dry run, which writes nothing. */
  readonly folders: { readonly work: string; readonly fresh: string; readonly journal: string } | undefined
}

/**
 * Backs up `source` into the set in `destination`. Resolves when everything is staged, or as many discs as are
 * allowed. Rejects with a `ButcherError`; what was staged until then is kept, and the same call goes on.
 */
export async function backup(options: BackupOptions): Promise<BackupSummary> {
  const started = Date.now()
  returnFreedMemory()
  const report = counting(options.report ?? silent)
  const medium = parseMedium(options.medium ?? 'bd25')
  const jobs = checkNumbers(options)
  const source = checkSource(options.source)
  const folder = path.resolve(options.destination)
  if (isWithin(folder, source)) {
    throw new ButcherError('destination', `the source ${source} is inside the destination ${folder}`, {
      path: folder,
      hint: 'give another destination',
    })
  }
  const destination = lookAtDestination(folder)
  const set = await openSet(destination, options)
  let unlock: (() => void) | undefined
  try {
    const folders = options.dryRun === true ? undefined : prepareDestination(folder)
    if (folders) unlock = takeLock(folders.work)
    if (folders) clearLeftovers(set.db, destination, folders.fresh)
    const resolved = { ...options, source, destination: folder }
    const number = beginBackup(set, resolved)
    const run = {
      options: resolved,
      destination,
      set,
      medium,
      jobs,
      backup: number,
      report: report.report,
      started,
      folders,
    }
    return await work(run, () => report.warnings)
  } finally {
    unlock?.()
    set.close()
  }
}

async function work(run: Run, warnings: () => number): Promise<BackupSummary> {
  const { options, set, report, jobs, backup: number } = run
  const ingested = ingestSource(set.db, set.scratch, options, report)
  for (const { path: where, message } of ingested.problems) {
    manifestApplier(set.db)({ t: 'problem', backup: number, path: where, message })
  }
  const pool = new WorkerPool(jobs, { source: options.source, hash: set.hash, jobs, keys: set.keys })
  const closePool = once(() => pool.close())
  try {
    const reuse = options.full !== true
    await hashCandidateFiles({ db: set.db, pool, reuse, report, signal: options.signal })
    const feed = new Feed({
      db: set.db,
      source: options.source,
      backup: number,
      compress: options.compress ?? 'auto',
      reuse,
    })
    const room = await discRoom(run)
    if (!run.folders) return await dryRunSummary(run, ingested, feed, room, warnings)
    const packed = await packQueue(run, pool, feed, room)
    await closePool()
    const discs = await finish(run, packed, room)
    return summary(run, ingested, feed, packed, discs, warnings())
  } finally {
    await closePool()
  }
}

/** The number of the backup: a new one, or that of the one that was interrupted. */
function beginBackup(set: OpenSet, options: BackupOptions): number {
  const apply = manifestApplier(set.db)
  const newest = backupRows(set.db).at(-1)
  const number = newest === undefined || newest.finished !== null ? (newest?.number ?? 0) + 1 : newest.number
  const unfinished = newest?.number === number ? newest : undefined
  apply({
    t: 'backup',
    number,
    name: options.name ?? unfinished?.name ?? null,
    started: unfinished?.started ?? Date.now(),
    finished: null,
    source: options.source,
    files: null,
    bytes: null,
  })
  if (unfinished && options.name !== undefined) {
    set.db.prepare('UPDATE backup SET name = ? WHERE number = ?').run(options.name, number)
  }
  apply(rootLine(options.source, number))
  return number
}

function rootLine(source: string, backup: number): RootLine {
  const stat = fs.statSync(source, { bigint: true })
  const owners = ownerNames()
  const uid = Number(stat.uid)
  const gid = Number(stat.gid)
  const mode = Number(stat.mode) & 0o7777
  return {
    t: 'root',
    backup,
    mode,
    uid,
    gid,
    user: owners.user(uid),
    group: owners.group(gid),
    mtime: String(stat.mtimeNs),
  }
}

interface DiscRoom {
  readonly contents: DiscContents
  readonly emptyRoomBytes: number
  readonly chunkBytes: number
}

/** What of a disc is left for chunks, with the catalog as it will be. Throws `medium` where that is nothing. */
async function discRoom(run: Run): Promise<DiscRoom> {
  const { medium, options, set } = run
  const chunkBytes = options.chunkSizeBytes ?? defaultChunkBytes
  const isEmpty = Object.values(passes).every((pass) => queueTotals(set.db, pass).items === 0)
  const catalogBytes =
    medium.capacityBytes === Infinity || isEmpty
      ? 0
      : await catalogBound(set, run.backup, run.jobs, chunkBytes)
  const contents = {
    readmeBytes: readmeReserveBytes,
    scriptBytes: Buffer.byteLength(restoreScript()),
    catalogBytes,
  }
  const emptyRoomBytes = roomBytes(medium.capacityBytes, contents)
  if (emptyRoomBytes < minRoomBytes) {
    const takes = showSize(overheadBytes(contents))
    throw new ButcherError(
      'medium',
      `a disc of ${showSize(medium.capacityBytes)} is too small: catalog, README.txt and file system take ${takes} of it`,
      {
        hint: 'take a larger medium',
      },
    )
  }
  return { contents, emptyRoomBytes, chunkBytes }
}

/** A disc with less room for chunks than this is of no use. */
const minRoomBytes = 32_768

async function packQueue(run: Run, pool: WorkerPool, feed: Feed, room: DiscRoom): Promise<PackResult> {
  const { set, options, backup: number, medium, destination, folders } = run
  const { fresh, journal } = folders as NonNullable<Run['folders']>
  const { db } = set
  const apply = manifestApplier(db)
  const root = rootLine(options.source, number)
  const discs = discRows(db)
  const lastDisc = Math.max(highest(db, 'disc'), destination.discs.at(-1) ?? 0)
  const beginDisc = (disc: number): void => {
    const folder = path.join(destination.folder, discFolder(disc))
    fs.mkdirSync(path.join(folder, chunkFolder), { recursive: true })
    syncFolder(folder)
    syncFolder(destination.folder)
    const capacity = medium.capacityBytes === Infinity ? null : medium.capacityBytes
    apply({ t: 'disc', number: disc, label: discLabel(set.setId, disc), medium: medium.name, capacity })
  }
  const paths = (disc: number, name: string, chunk: number): ChunkPaths => ({
    newPath: path.join(fresh, name),
    finalPath: path.join(destination.folder, discFolder(disc), chunkFolder, name),
    newJournalPath: path.join(fresh, journalFile(chunk, set.encrypted)),
    journalPath: path.join(journal, journalFile(chunk, set.encrypted)),
  })
  return pack({
    db,
    pool,
    feed,
    backup: number,
    encrypted: set.encrypted,
    schedule: {
      chunkBytes: room.chunkBytes,
      bound: chunkBound(set.keys),
      chunkExtraBytes,
      emptyRoomBytes: room.emptyRoomBytes,
      openDisc: openDiscOf(run, room, discs.at(-1)),
      nextDisc: lastDisc + 1,
      nextChunk: highest(db, 'chunk') + 1,
      maxDiscs: options.maxDiscs ?? Infinity,
    },
    reserveBytes: referencesReserve(run),
    head: () => manifestHead(db, set.setId, root),
    beginDisc,
    paths,
    report: run.report,
    signal: options.signal,
  })
}

/** Room on a disc's end for the records that come last, so that they do not take a disc of their own; at most 0.3 % of it. */
function referencesReserve(run: Run): number {
  const { items } = queueTotals(run.set.db, passes.references)
  if (items === 0 || run.medium.capacityBytes === Infinity) return 0
  return Math.min(16_384 + items * 1024, run.medium.capacityBytes * 0.003)
}

/** The last disc, where it is still in the destination, open, and of the same medium. */
function openDiscOf(
  run: Run,
  room: DiscRoom,
  last: ReturnType<typeof discRows>[number] | undefined,
): { disc: number; roomBytes: number } | undefined {
  const { destination, medium, set } = run
  if (!last || last.state !== 'open' || !destination.discs.includes(last.number)) return undefined
  if ((last.capacity ?? Infinity) !== medium.capacityBytes) return undefined
  const stored = chunkRows(set.db, last.number).map(({ bytes }) => bytes)
  return { disc: last.number, roomBytes: room.emptyRoomBytes - chunksBytes(stored) }
}

async function finish(run: Run, packed: PackResult, room: DiscRoom): Promise<readonly StagedDisc[]> {
  const { set, destination, folders, jobs } = run
  const { fresh, journal } = folders as NonNullable<Run['folders']>
  const last = highest(set.db, 'disc')
  for (const row of discRows(set.db)) {
    const isFull = packed.fullDiscs.includes(row.number) || row.number < last
    const stored = chunkRows(set.db, row.number).map(({ bytes }) => bytes)
    if (row.number === last || packed.discs.includes(row.number) || row.bytes === null) {
      noteDisc(
        set.db,
        row.number,
        overheadBytes(room.contents) + chunksBytes(stored),
        isFull ? 'sealed' : 'open',
      )
    }
  }
  if (packed.complete) finishBackup(set.db, run.backup, Date.now())
  run.report({ type: 'stage', stage: 'finish' })
  const discs = await finishSet({ set, destination: destination.folder, fresh, journalFolder: journal, jobs })
  for (const { row, isCurrent } of discs) {
    if (!isCurrent)
      run.report({
        type: 'note',
        message: `disc ${row.number} has no room for the newest catalog and keeps its own`,
      })
  }
  return discs
}

function summary(
  run: Run,
  ingested: Ingested,
  feed: Feed,
  packed: PackResult,
  discs: readonly StagedDisc[],
  warnings: number,
): BackupSummary {
  const { failed } = packed
  return {
    ...counts(run, ingested, feed),
    complete: packed.complete,
    filesNew: ingested.filesNew - failed.new,
    filesChanged: ingested.filesChanged - feed.touched - failed.changed,
    bytesSource: ingested.bytesSource - feed.touchedBytes - failed.bytes,
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
  run: Run,
  ingested: Ingested,
  feed: Feed,
): Pick<BackupSummary, 'backup' | 'filesUnchanged' | 'filesDeleted' | 'filesDeduplicated' | 'seconds'> {
  return {
    backup: run.backup,
    filesUnchanged: ingested.filesUnchanged + feed.touched,
    filesDeleted: ingested.filesDeleted,
    filesDeduplicated: feed.copies,
    seconds: (Date.now() - run.started) / 1000,
  }
}

const fillOf = ({ row, usedBytes }: StagedDisc): DiscFill => ({
  disc: row.number,
  label: row.label,
  medium: row.medium,
  usedBytes,
  capacityBytes: row.capacity,
  state: row.state,
})

async function dryRunSummary(
  run: Run,
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
    filesChanged: ingested.filesChanged - feed.touched,
    bytesSource: ingested.bytesSource - feed.touchedBytes,
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

function checkNumbers(options: BackupOptions): number {
  const whole = (value: number | undefined, name: string): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new ButcherError('usage', `${name} ${value} is no whole number from 1 on`)
    }
  }
  whole(options.jobs, '--jobs')
  whole(options.maxDiscs, '--max-discs')
  whole(options.chunkSizeBytes, '--chunk-size')
  return options.jobs ?? os.availableParallelism()
}

/** Whether `inner` is `outer` or below it, symlinks resolved. */
function isWithin(outer: string, inner: string): boolean {
  const real = (folder: string): string => {
    try {
      return fs.realpathSync(folder)
    } catch {
      return folder
    }
  }
  const relative = path.relative(real(outer), real(inner))
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  )
}

function counting(report: Report): { readonly report: Report; readonly warnings: number } {
  let warnings = 0
  return {
    report: (event) => {
      if (event.type === 'warning') warnings++
      report(event)
    },
    get warnings() {
      return warnings
    },
  }
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= action())
}
