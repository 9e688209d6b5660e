/** `butcher backup`: ingest, diff, pack, and stage disc sets. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { firstContentOf } from '../../catalog/stored-already.ts'
import { passes, queueTotals } from '../../catalog/work-queue.ts'
import { secretsOpener } from '../../crypto/private-key.ts'
import type { SecretsOpener } from '../../crypto/secrets.ts'
import { stopped, throwIfAborted } from '../../errors.ts'
import { returnFreedMemory } from '../../files/allocation.ts'
import { attributesAreKnown } from '../../files/attributes.ts'
import { takeLock } from '../../files/lock.ts'
import { parseMedium } from '../../format/medium.ts'
import { showPath } from '../../format/path-text.ts'
import { ItemSource } from '../../pack/item-source.ts'
import { hashPiecedFiles } from '../../pack/hash-pieced-files.ts'
import { hashCandidateFiles } from '../../pack/hash-candidates.ts'
import { sharedContents } from '../../pack/seen-contents.ts'
import { wholeFileBytes } from '../../pack/source-file.ts'
import { WorkerPool } from '../../pack/worker-pool.ts'
import { checkFields } from '../../options/check-fields.ts'
import { backupFields } from './backup-fields.ts'
import type { BackupHere, BackupOptions, BackupSummary } from './backup-options.ts'
import { beginBackup, sealEarlierDiscs } from './begin-backup.ts'
import type { BackupRun, RunOptions } from './backup-run.ts'
import { backupSummary, dryRunSummary } from './backup-summary.ts'
import { checkRoom } from './check-room.ts'
import { counting } from './counting.ts'
import { withEitherSignal } from './either-signal.ts'
import { inspectDestination, prepareDestination, refuseMoved } from '../../set/destination.ts'
import { discRoom } from './disc-room.ts'
import { roomNeeded } from './expected-discs.ts'
import { fitStagedDiscs } from '../../set/fit-staged-discs.ts'
import { endRun } from './end-run.ts'
import { ingestSource } from './ingest-source.ts'
import { sourceTree } from './named-sources.ts'
import { freeBytesFor, refuseForStore, toDestination } from './in-store.ts'
import { type GivenOptions, givenOptions, keptOptions, usedOptions } from './kept-options.ts'
import { reportOptionChanges } from './option-changes.ts'
import { findLost, recordLostDiscs, reportLost } from './replace-discs.ts'
import { begunOptions, recordBegunOptions, settleBegunOptions } from '../../set/begun-options.ts'
import { withAnswers } from '../../set/collect-jobs.ts'
import { clearLeftovers, removeBegun } from '../../set/journal.ts'
import type { packByQueue } from './pack-by-queue.ts'
import { packQueue } from './pack-queue.ts'
import { openSet } from '../../set/open-set.ts'
import { makeTempDir } from '../../files/temp-dir.ts'
import { workingCopyAt } from '../../remote/working-copy.ts'
import { Storing } from './storing.ts'
import { throwUnread } from './is-raw.ts'
import { openSource, type RunSource } from './run-source.ts'
import { warnOfPaths } from './source-changes.ts'
import { type SourceChoice, sourceChoice } from './source-walk.ts'
import { warnOfClock } from './warn-of-clock.ts'

/**
 * Backs up the source, or sources, into the set in `destination`. Resolves when everything is staged, or the
 * allowed number of discs. Rejects with a `ButcherError`. Everything staged so far is kept, and the same call
 * resumes.
 */
export async function backup(options: BackupOptions): Promise<BackupSummary> {
  checkFields('backup', backupFields, options)
  return runBackup(options, secretsOpener(options))
}

/** `backup` with checked options. Several runs may share their opened secrets. */
export const runBackup = (asked: BackupOptions, open: SecretsOpener): Promise<BackupSummary> =>
  toDestination(asked, (options) => backupHere(options, open))

async function backupHere(asked: BackupHere, open: SecretsOpener): Promise<BackupSummary> {
  const options = withEitherSignal(asked)
  throwIfAborted(options.signal)
  const started = Date.now()
  returnFreedMemory()
  const report = counting(options.report)
  const jobs = options.jobs ?? os.availableParallelism()
  const given = givenOptions(options, sourceTree(options))
  const choice = sourceChoice(given)
  const folder = path.resolve(options.destination)
  const opened = await openSource(options, folder, report.report)
  const { walk } = opened
  // A compressed image has one index, in one thread.
  const threads = opened.raw?.file.kind === 'partition' ? 1 : jobs
  const begun = { started, report, given, choice, jobs: threads, folder, open, ...opened }
  try {
    return await backUp(options, begun)
  } finally {
    await walk.stop()
  }
}

interface Begun extends RunSource {
  readonly started: number
  readonly report: ReturnType<typeof counting>
  readonly given: GivenOptions
  /** As far as the call alone determines it. */
  readonly choice: SourceChoice
  readonly jobs: number
  /** The folder of the destination. */
  readonly folder: string
  readonly open: SecretsOpener
}

async function backUp(options: BackupHere, begun: Begun): Promise<BackupSummary> {
  const { started, report, given, choice, jobs, source, checkRoot, folder, walk, raw, open } = begun
  let destination = inspectDestination(folder)
  const secrets = await open(report.report)
  const tempDir = makeTempDir()
  // The walk of the source runs while the catalog is opened, once the destination's folder is known.
  if (fs.existsSync(folder)) walk.begin(tempDir.folder, choice)
  let set = await openSet(destination, { ...options, secrets }, tempDir)
  let unlock: (() => void) | undefined
  let folders: ReturnType<typeof prepareDestination> | undefined
  try {
    if (options.dryRun !== true) {
      const isMissing = !fs.existsSync(folder)
      folders = prepareDestination(folder)
      // A mistyped destination shows early.
      if (isMissing) report.report({ type: 'note', message: `created ${showPath(folder)}` })
      unlock = takeLock(folders.work)
      refuseMoved(destination)
      set = await withAnswers({ set, destination: folder, folders, secrets, report: report.report })
      destination = inspectDestination(folder)
    }
    const leftovers = await fitStagedDiscs({
      db: set.db,
      destination,
      options: { ...options, secrets },
      tempDir: set.tempDir,
    })
    if (folders) {
      clearLeftovers(set.db, destination, leftovers, folders.stagingDir)
      destination = inspectDestination(folder)
    }
    const kept = (await begunOptions(folder, set.db, secrets)) ?? keptOptions(set.db)
    const copy = workingCopyAt(folder)
    const used = usedOptions(given, kept, options.resetOptions === true, options.inStore)
    if (options.inStore) refuseForStore({ ...options, ...used })
    await copy?.begin(set.db)
    const medium = parseMedium(used.medium)
    const redundancy = used.redundancy === 0 ? null : used.redundancy
    const { as: _, ...others } = options
    const resolved: RunOptions = { ...others, ...used, source, destination: folder }
    walk.begin(set.tempDir, sourceChoice(used))
    checkRoot()
    const dryRun = options.dryRun === true
    const changes = reportOptionChanges({
      db: set.db,
      staged: destination.discs,
      kept,
      used,
      medium,
      source,
      dryRun,
    })
    if (changes !== undefined) report.report({ type: 'note', message: changes })
    warnOfPaths(set.db, source, report.report)
    const number = beginBackup(set, resolved)
    warnOfClock(set.db, number, report.report)
    recordLostDiscs(set.db, destination, options.replaceDiscs ?? [], report.report)
    if (options.newDisc === true) sealEarlierDiscs(set.db, number)
    if (folders) await recordBegunOptions(folders, set, number, resolved)
    const run: BackupRun = {
      options: resolved,
      destination,
      set,
      medium,
      redundancy,
      jobs,
      backup: number,
      report: report.report,
      walk,
      raw,
      kept: begun.kept,
      given,
      callPatterns: options,
      checkRoot,
      started,
      folders,
      copy,
    }
    return await work(run, () => report.warnings)
  } catch (error) {
    if (unlock) removeBegun(destination)
    if (unlock) settleBegunOptions(error, set, folder)
    unlock?.()
    unlock = undefined
    folders?.removeEmpty()
    throw error
  } finally {
    unlock?.()
    set.close()
  }
}

async function work(run: BackupRun, warnings: () => number): Promise<BackupSummary> {
  const storing = new Storing(run.set.db, run.backup)
  try {
    return await store(run, storing, warnings)
  } catch (error) {
    throw run.folders ? storing.withKept(error) : error
  }
}

async function store(run: BackupRun, storing: Storing, warnings: () => number): Promise<BackupSummary> {
  const { options, set, report, jobs, backup: number } = run
  findLost(run)
  const ingested = await ingestSource(run)
  storing.toStore(ingested.bytesSource)
  for (const { path: where, message } of ingested.problems) {
    manifestApplier(set.db)({ t: 'problem', backup: number, path: where, message })
  }
  if (!attributesAreKnown) report({ type: 'note', message: attributesNotSaved })
  const seen = sharedContents(queueTotals(set.db, passes.files).items)
  const raw = run.raw?.file
  const pool = new WorkerPool(jobs, {
    source: options.source,
    raw,
    hash: set.hash,
    jobs,
    keys: set.keys,
    seen,
  })
  try {
    // With --full, only content that earlier runs of this backup stored may be reused.
    const reuseFrom = options.full === true ? firstContentOf(set.db, number) : 0
    await hashCandidateFiles({
      db: set.db,
      pool,
      reuseFrom,
      comparedLaterBytes: comparedLaterBytes(run),
      report,
      signal: options.signal,
    })
    const onFailed = raw && ((_: string, why = 'it ends early'): never => throwUnread(raw.path, why))
    await hashPiecedFiles({ db: set.db, pool, reuseFrom, report, signal: options.signal }, onFailed)
    const itemSource = new ItemSource({
      db: set.db,
      source: options.source,
      isRaw: raw !== undefined,
      backup: number,
      compress: options.compress,
      reuseFrom,
      problems: ingested.problems,
      dryRun: run.folders === undefined,
    })
    const room = await discRoom(run)
    if (!run.folders) return await dryRunSummary(run, ingested, itemSource, room, warnings)
    checkRoom(roomNeeded(run, room, itemSource.totalDataBytes()), report, await freeBytesFor(run))
    if (options.planJobs !== undefined) {
      const { planJobs, nothingPacked } = await import('./plan-jobs.ts')
      const planned = await planJobs(run, itemSource, room, options.planJobs)
      return { ...backupSummary(run, ingested, itemSource, nothingPacked, [], warnings()), planned }
    }
    const packed =
      options.queue === undefined
        ? await packQueue(run, pool, itemSource, room)
        : await packWithQueue(run, pool, itemSource, room, options.queue)
    await pool.close()
    if (packed.stopped) throw stopped()
    run.checkRoot()
    const discs = await endRun(run, packed, room)
    const lost = packed.complete ? reportLost(run) : {}
    const summary = backupSummary(run, ingested, itemSource, packed, discs, warnings())
    return { ...summary, ...lost, ...(run.copy ? { uploaded: run.copy.uploaded } : {}) }
  } finally {
    await pool.close()
  }
}

/** One machine needs none of its code. */
const packWithQueue: typeof packByQueue = async (...facts) =>
  (await import('./pack-by-queue.ts')).packByQueue(...facts)

/**
 * Smaller files are compared while they are packed. But a dry run packs nothing, and a file in parts would be
 * compared only after most of it is stored.
 */
const comparedLaterBytes = ({ folders, options, medium }: BackupRun): number =>
  folders ? Math.min(wholeFileBytes, options.chunkSizeBytes / 2, medium.capacityBytes / 8) : 0

const attributesNotSaved =
  'extended attributes and ACLs are not saved: that takes Linux and the optional package koffi'
