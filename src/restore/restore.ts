/**
 * Restores a backup: plans it, reads the chunks disc by disc in worker threads, then makes the rest of the
 * tree.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { asButcherError, ButcherError, systemCode, throwIfAborted } from '../errors.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { pathForCatalog } from '../format/path-text.ts'
import { sqliteCode } from '../sqlite/sqlite-error.ts'
import { prepareDestination } from './destination-folder.ts'
import { finishFolders, makeFolders } from './folders.ts'
import { FoundFolders, notedFolders, ownerAll, putNotedBack } from './found-folders.ts'
import { setMetadata } from './metadata.ts'
import type { Placing } from './install-file.ts'
import { makeFolderLocks } from './folder-locks.ts'
import { StandingNames } from './standing-names.ts'
import { makeFileLinks, makeNodeLinks } from './hard-links.ts'
import { LostContents } from './lost-contents.ts'
import { contentForDisk, type Disk } from './onto-disk.ts'
import { makePlan } from './plan.ts'
import { createPlan, indexByPath } from './plan-tables.ts'
import { discNeeds, inReadingOrder, readDiscs } from './read-discs.ts'
import { type DiscNeed, type RestoreJob, type RestoreOutcome } from './restore-job.ts'
import { placeSalvaged } from './salvage.ts'
import { recordFound, planSecondCopies } from './second-copies.ts'
import { dropWhatStands } from './standing-files.ts'
import { makeNodes, type StructureEvents } from './structure.ts'
import { RestoreReport } from './restore-report.ts'
import { makeWorkFolder } from './work-folder.ts'
import { WorkerPool } from './worker-pool.ts'

/**
 * Reports and counts each path that fails, and continues. Throws `aborted`, `secret`, `no-space`, `io`. Never
 * leaves partial files, in the destination or elsewhere.
 */
export async function restoreTree(job: RestoreJob): Promise<RestoreOutcome> {
  using scratch = makeTempDir('plan')
  const planFile = path.join(scratch.folder, 'plan.sqlite')
  const plan = createPlan(planFile)
  const report = new RestoreReport(job.report)
  try {
    planFrom(job, plan, report)
    job.onPlanned()
    throwIfAborted(job.signal)
    return job.dryRun
      ? await planned(job, plan, report)
      : await restorePlanned(job, plan, planFile, scratch.remove, report)
  } finally {
    plan.close()
  }
}

function planFrom(job: RestoreJob, plan: Database.Database, report: RestoreReport): void {
  try {
    makePlan(job.catalog, plan, job, ({ path: name, reason }) => report.fail(name, reason))
  } catch (cause) {
    const code = sqliteCode(cause)
    if (code === undefined) throw cause
    if (code === 'SQLITE_FULL')
      throw new ButcherError('no-space', `no space left in ${os.tmpdir()}`, { cause })
    throw new ButcherError('catalog', `the catalog is damaged: ${(cause as Error).message}`, {
      hint: 'other discs carry a catalog too',
      cause,
    })
  }
}

async function planned(
  job: RestoreJob,
  plan: Database.Database,
  report: RestoreReport,
): Promise<RestoreOutcome> {
  const totals = totalsOf(plan)
  const needs = inReadingOrder(job, discNeeds(plan))
  const missing: DiscNeed[] = []
  for (const need of needs) if ((await job.locateDisc(need)) === undefined) missing.push(need)
  const count = (query: string): number => plan.prepare(query).pluck().get() as number
  return {
    files: totals.files + count('SELECT count(*) FROM hard WHERE content IS NOT NULL'),
    directories: count(`SELECT count(*) FROM folder`),
    symlinks: count(`SELECT (SELECT count(*) FROM node WHERE type = 'symlink') +
      (SELECT count(*) FROM hard h JOIN node n ON n.path = h.link WHERE n.type = 'symlink')`),
    bytes: totals.bytes,
    chunks: count('SELECT count(*) FROM chunk'),
    discs: needs.map(({ disc }) => disc).sort((a, b) => a - b),
    damagedDiscs: [],
    missing,
    needs,
    failed: report.failed,
    salvaged: 0,
    warnings: report.warnings,
  }
}

async function restorePlanned(
  job: RestoreJob,
  plan: Database.Database,
  planFile: string,
  removePlan: () => void,
  report: RestoreReport,
): Promise<RestoreOutcome> {
  const disk = await chosenDisk(job, plan)
  const { wasEmpty, found: foundDestination } = prepareDestination(job.destination, job.root)
  const { folder: workFolder, remove: removeWork } = makeWorkFolder(job.destination)
  // If the destination is gone, the error was already reported, and the next restore removes the rest.
  const removeQuietly = (): void => {
    const noted = notedFolders(workFolder)
    try {
      removeWork()
    } catch {
      // see above
    }
    putNotedBack(job.destination, noted)
  }
  process.once('exit', removeQuietly)
  const placing: Placing = {
    destination: job.destination,
    workFolder,
    overwrite: job.overwrite,
    folderLocks: makeFolderLocks(),
    asRoot: process.geteuid?.() === 0,
    hash: job.hash,
    salvage: job.salvage,
    disk,
  }
  const events = structureEvents(job, report)
  const found = new FoundFolders(job.destination, workFolder)
  const names = new StandingNames(job.destination, plan)
  try {
    if (foundDestination !== undefined) found.record('', foundDestination)
    const before = totalsOf(plan)
    job.report({ type: 'stage', stage: 'restore', totalBytes: before.bytes, totalFiles: before.files })
    report.begin(before.files, before.bytes, (name) => isLinkedTo(plan, pathForCatalog(name)))
    if (!wasEmpty) {
      plan.exec(indexByPath)
      names.list('')
    }
    await makeFolders(plan, placing, names, found, events)
    found.endNotes()
    if (!wasEmpty) await dropWhatStands(plan, placing, names, report, events.pause)

    const lost = new LostContents(plan)
    const missing = await readPlan(job, { plan, file: planFile, remove: removePlan }, placing, report, lost)
    await readSecondCopies(job, plan, placing, report, lost)
    const needed = lost.neededOf(missing)
    lost.reportTo(report)
    if (job.salvage) placeSalvaged(plan, placing, names, report)

    const failedBefore = (name: string): boolean => report.hasFailed(name)
    await makeFileLinks(plan, placing, names, failedBefore, events)
    await makeNodes(plan, placing, names, events)
    await makeNodeLinks(plan, placing, names, failedBefore, events)
    await finishFolders(plan, placing, found, events)
    removeWork()
    if (foundDestination !== undefined) found.putBack('')
    else if (job.root === undefined) fs.chmodSync(job.destination, ownerAll)
    else report.missed('.', setMetadata(job.destination, job.root))
    report.reportSkipped()
    return { ...report.counts(), missing: needed, needs: discNeeds(plan) }
  } catch (error) {
    throwIfAborted(job.signal, error)
    throw systemCode(error) === undefined
      ? error
      : asButcherError(error, 'cannot write below', job.destination)
  } finally {
    found.close()
    names.close()
    removeQuietly()
    process.removeListener('exit', removeQuietly)
  }
}

async function chosenDisk(job: RestoreJob, plan: Database.Database): Promise<Disk | undefined> {
  if (!job.chooseDisk) return undefined
  const absent = discNeeds(plan)
    .map(({ disc }) => disc)
    .filter((disc) => job.discAtHand(disc) === undefined)
  const content = contentForDisk(plan, absent)
  return content && (await job.chooseDisk(content))
}

interface PlanInFile {
  readonly plan: Database.Database
  readonly file: string
  /** Removes the file's name. */
  readonly remove: () => void
}

/** Reads all chunks of a plan in worker threads. Returns the missing discs. */
async function readPlan(
  job: RestoreJob,
  { plan, file, remove }: PlanInFile,
  placing: Placing,
  report: RestoreReport,
  lost: LostContents,
): Promise<DiscNeed[]> {
  // A worker that waits for a drive uses no processor time, so each drive gets a worker.
  const drives = new Set(job.discFolders().map((folder) => job.driveOf(folder))).size
  const workers = Math.max(1, Math.min(Math.max(job.jobs, drives), 8, chunkCount(plan)))
  const threads = Math.max(1, Math.ceil(job.jobs / workers))
  let pool: WorkerPool | undefined
  const onAbort = (): void => pool?.stop()
  job.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    pool = await WorkerPool.start(
      workers,
      { planFile: file, placing, secrets: job.secrets, threads },
      {
        onSome: (files, bytes) => report.restored(files, bytes),
        onFail: (name, reason) => report.fail(name, reason),
        onMissed: (missed) => report.addMissed(missed),
      },
    )
    // All workers have the file open. Without a name, the unencrypted plan never outlives this process.
    remove()
    throwIfAborted(job.signal)
    return await readDiscs(job, plan, pool, report, lost)
  } catch (error) {
    pool?.stop()
    throw error
  } finally {
    job.signal?.removeEventListener('abort', onAbort)
    await pool?.close()
  }
}

/** Tries other copies of the lost contents that are in the set, if their discs are available. */
async function readSecondCopies(
  job: RestoreJob,
  plan: Database.Database,
  placing: Placing,
  report: RestoreReport,
  lost: LostContents,
): Promise<void> {
  const atHand = { ...job, locateDisc: async ({ disc }: DiscNeed) => job.discAtHand(disc) }
  for (let turn = 0; !lost.isEmpty; turn++) {
    using scratch = makeTempDir('plan')
    const file = path.join(scratch.folder, 'plan.sqlite')
    let second: Database.Database | undefined
    try {
      second = planSecondCopies(job.catalog, plan, file, turn)
      if (second === undefined) return
      const stillLost = new LostContents(second)
      await readPlan(atHand, { plan: second, file, remove: scratch.remove }, placing, report, stillLost)
      recordFound(second, stillLost, lost)
    } finally {
      second?.close()
    }
  }
}

const chunkCount = (plan: Database.Database): number =>
  plan.prepare('SELECT count(*) FROM chunk').pluck().get() as number

const totalsOf = (plan: Database.Database): { files: number; bytes: number } =>
  plan
    .prepare(
      `SELECT count(*) AS files, coalesce(sum(c.size), 0) AS bytes
        FROM target t JOIN content c ON c.id = t.content`,
    )
    .get() as { files: number; bytes: number }

const isLinkedTo = (plan: Database.Database, name: string | Uint8Array): boolean =>
  plan.prepare('SELECT 1 FROM hard WHERE link = ? LIMIT 1').get(name) !== undefined

function structureEvents(job: RestoreJob, report: RestoreReport): StructureEvents {
  return {
    restored: (kind) => report.made(kind),
    failed: (name, reason) => report.fail(name, reason),
    skipped: (kind) => report.skip(kind),
    missed: (name, missed) => report.missed(name, missed),
    pause: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      throwIfAborted(job.signal)
    },
  }
}
