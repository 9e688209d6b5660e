/** Restores a backup: plans, reads the chunks disc by disc in worker threads, and makes everything else of the tree. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import type { Secrets } from '../crypto/secrets.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { chunkFolder } from '../format/layout.ts'
import { type Metadata, type Placing, setMetadata } from './place.ts'
import { makePlan, type PlanOptions } from './plan.ts'
import { type ChunkRow, createPlan } from './plan-tables.ts'
import { dropWhatStands } from './standing-files.ts'
import { finishFolders, makeFolders, makeHardLinks, makeNodes, type StructureEvents } from './structure.ts'
import { Tally } from './tally.ts'
import { WorkerPool } from './worker-pool.ts'

export interface RestoreJob extends PlanOptions {
  readonly catalog: Database.Database
  readonly hash: 'sha256' | 'sha512'
  /** Absolute; made where it is not there. */
  readonly destination: string
  /** What the destination itself becomes, where all of a backup is restored. */
  readonly root: Metadata | undefined
  /** With an unlocked private key. */
  readonly secrets: Secrets
  readonly overwrite: boolean
  readonly dryRun: boolean
  readonly jobs: number
  /** The folder of a disc, or undefined where it cannot be had; asked once for each disc that is needed, in order. */
  readonly locateDisc: (need: DiscNeed) => Promise<string | undefined>
  /** Whether reading two files of the folder at a time makes a drive seek. */
  readonly isDrive: (folder: string) => boolean
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

export interface DiscNeed {
  readonly disc: number
  readonly chunks: number
  readonly bytes: number
}

export interface RestoreOutcome {
  readonly files: number
  readonly directories: number
  readonly symlinks: number
  readonly bytes: number
  readonly chunks: number
  readonly discs: readonly number[]
  readonly missing: readonly DiscNeed[]
  readonly failed: number
  readonly warnings: number
}

/**
 * What fails is reported, path by path, and counted; the rest goes on. Throws `aborted`, `secret`, `no-space`, `io`. In
 * every case nothing half-made stays, neither in the destination nor elsewhere.
 */
export async function restoreTree(job: RestoreJob): Promise<RestoreOutcome> {
  const planFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-plan-'))
  const removePlan = (): void => fs.rmSync(planFolder, { recursive: true, force: true })
  process.once('exit', removePlan)
  const planFile = path.join(planFolder, 'plan.sqlite')
  const plan = createPlan(planFile)
  const tally = new Tally(job.report)
  try {
    makePlan(job.catalog, plan, job, ({ path: name, reason }) => tally.fail(name, reason))
    throwIfAborted(job)
    return job.dryRun
      ? await planned(job, plan, tally)
      : await restorePlanned(job, plan, planFile, removePlan, tally)
  } finally {
    plan.close()
    removePlan()
    process.removeListener('exit', removePlan)
  }
}

async function planned(job: RestoreJob, plan: Database.Database, tally: Tally): Promise<RestoreOutcome> {
  const totals = totalsOf(plan)
  const needs = discNeeds(plan)
  const missing: DiscNeed[] = []
  for (const need of needs) if ((await job.locateDisc(need)) === undefined) missing.push(need)
  const count = (query: string): number => plan.prepare(query).pluck().get() as number
  return {
    files: totals.files + count('SELECT count(*) FROM hard'),
    directories: count(`SELECT count(*) FROM folder`),
    symlinks: count(`SELECT count(*) FROM node WHERE type = 'symlink'`),
    bytes: totals.bytes,
    chunks: count('SELECT count(*) FROM chunk'),
    discs: needs.map(({ disc }) => disc),
    missing,
    failed: tally.failed,
    warnings: tally.warnings,
  }
}

async function restorePlanned(
  job: RestoreJob,
  plan: Database.Database,
  planFile: string,
  removePlan: () => void,
  tally: Tally,
): Promise<RestoreOutcome> {
  const wasEmpty = makeDestination(job.destination)
  const workFolder = makeWorkFolder(job.destination)
  const removeWork = (): void => fs.rmSync(workFolder, { recursive: true, force: true })
  process.once('exit', removeWork)
  const placing: Placing = {
    destination: job.destination,
    workFolder,
    overwrite: job.overwrite,
    asRoot: process.geteuid?.() === 0,
    hash: job.hash,
  }
  const events = structureEvents(job, tally)
  let pool: WorkerPool | undefined
  const onAbort = (): void => pool?.stop()
  job.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const before = totalsOf(plan)
    job.report({ type: 'stage', stage: 'restore', totalBytes: before.bytes, totalFiles: before.files })
    tally.begin(before.files, before.bytes, (name) => isLinkedTo(plan, name))
    if (!wasEmpty) await dropWhatStands(plan, placing, tally, events.pause)
    const kept = await makeFolders(plan, placing, events)

    const workers = Math.max(1, Math.min(job.jobs, 8, chunkCount(plan) + 1))
    const threads = Math.max(1, Math.ceil(job.jobs / workers))
    pool = await WorkerPool.start(
      workers,
      { planFile, placing, secrets: job.secrets, threads },
      {
        onSome: (files, bytes) => tally.restored(files, bytes),
        onFail: (name, reason) => tally.fail(name, reason),
      },
    )
    removePlan() // everybody has it open: nothing in clear stays behind, whatever becomes of this process
    throwIfAborted(job)
    const missing = await readDiscs(job, plan, pool, tally)

    await makeHardLinks(plan, placing, (name) => tally.hasFailed(name), events)
    await makeNodes(plan, placing, events)
    await finishFolders(plan, placing, kept, events)
    removeWork()
    if (job.root) setMetadata(job.destination, job.root, placing.asRoot)
    tally.tellSkipped()
    return { ...tally.counts(), missing }
  } catch (error) {
    pool?.stop()
    throw job.signal?.aborted ? new ButcherError('aborted', 'stopped', { cause: error }) : error
  } finally {
    job.signal?.removeEventListener('abort', onAbort)
    await pool?.close()
    removeWork()
    process.removeListener('exit', removeWork)
  }
}

/** Each disc once, in order; each chunk of it once, in order. Answers which discs were not to be had. */
async function readDiscs(
  job: RestoreJob,
  plan: Database.Database,
  pool: WorkerPool,
  tally: Tally,
): Promise<DiscNeed[]> {
  const missing: DiscNeed[] = []
  const work = new Set<Promise<void>>()
  let broken: unknown
  const parts = new PartCount(plan)
  const lose = (content: number, reason: string): void => loseContent(plan, tally, content, reason)

  const start = async (task: Parameters<WorkerPool['begin']>[0], chunk?: ChunkRow): Promise<void> => {
    const { outcome } = await pool.begin(task)
    const done = outcome
      .then(({ parts: found, lost, damage }) => {
        if (chunk) {
          tally.readChunk(chunk)
          if (damage !== undefined)
            tally.warn(`chunk ${chunk.name} on disc ${chunk.disc} is damaged: ${damage}`)
        }
        const where = chunk ? `chunk ${chunk.name} on disc ${chunk.disc}: ` : ''
        for (const { content, part, reason } of lost) {
          if (part === 0 || parts.lose(content)) lose(content, `${where}${reason}`)
        }
        for (const { content } of found) if (parts.gain(content)) ready.push(content)
      })
      .catch((error: unknown) => {
        broken ??= error
        pool.stop()
      })
      .finally(() => work.delete(done))
    work.add(done)
  }
  const ready: number[] = []
  const joinReady = async (): Promise<void> => {
    for (let content = ready.shift(); content !== undefined; content = ready.shift())
      await start({ do: 'join', content })
  }
  const settle = async (): Promise<void> => {
    do {
      await Promise.all(work)
      if (broken !== undefined) throw broken
      await joinReady()
    } while (work.size > 0)
  }

  for (const content of unplacedContents(plan)) lose(content, 'the catalog does not say where its chunk is')
  const empty = plan.prepare('SELECT id FROM content WHERE size = 0').pluck().all() as number[]
  if (empty.length > 0) await start({ do: 'empty', contents: empty })
  for (const need of discNeeds(plan)) {
    throwIfAborted(job)
    const folder = await job.locateDisc(need)
    const chunks = plan
      .prepare('SELECT number, disc, name, bytes, sha256 FROM chunk WHERE disc = ? ORDER BY number')
      .all(need.disc) as ChunkRow[]
    if (folder === undefined) {
      missing.push(need)
      for (const chunk of chunks) {
        for (const content of contentsOf(plan, chunk.number)) {
          if (parts.lose(content)) lose(content, `it is on disc ${need.disc}, which is missing`)
        }
      }
      continue
    }
    job.report({ type: 'disc', disc: need.disc, state: 'reading' })
    const oneByOne = job.isDrive(folder)
    for (const chunk of chunks) {
      tally.reads(chunk)
      await start({ do: 'chunk', source: { chunk, file: path.join(folder, chunkFolder, chunk.name) } }, chunk)
      if (oneByOne) await Promise.all(work)
      if (broken !== undefined) throw broken
      throwIfAborted(job)
      await joinReady()
    }
    // The disc may be taken out of its drive when the next one is asked for.
    await settle()
  }
  await settle()
  return missing
}

/** Which contents in parts are complete. */
class PartCount {
  readonly #find: Database.Statement
  readonly #left = new Map<number, number>()
  readonly #lost = new Set<number>()

  constructor(plan: Database.Database) {
    this.#find = plan.prepare('SELECT parts FROM content WHERE id = ?').pluck()
  }

  /** A part more is there; true when it was the last. */
  gain(content: number): boolean {
    const left = (this.#left.get(content) ?? (this.#find.get(content) as number)) - 1
    this.#left.set(content, left)
    return left === 0
  }

  /** True the first time. */
  lose(content: number): boolean {
    if (this.#lost.has(content)) return false
    this.#lost.add(content)
    return true
  }
}

function loseContent(plan: Database.Database, tally: Tally, content: number, reason: string): void {
  const paths = plan.prepare('SELECT path FROM target WHERE content = ? AND settled = 0').pluck()
  for (const name of paths.iterate(content)) tally.failStored(name as string | Uint8Array, reason)
}

const unplacedContents = (plan: Database.Database): number[] =>
  plan
    .prepare('SELECT DISTINCT content FROM piece WHERE chunk NOT IN (SELECT number FROM chunk)')
    .pluck()
    .all() as number[]

const contentsOf = (plan: Database.Database, chunk: number): number[] =>
  plan.prepare('SELECT DISTINCT content FROM piece WHERE chunk = ?').pluck().all(chunk) as number[]

const discNeeds = (plan: Database.Database): DiscNeed[] =>
  plan
    .prepare('SELECT disc, count(*) AS chunks, sum(bytes) AS bytes FROM chunk GROUP BY disc ORDER BY disc')
    .all() as DiscNeed[]

const chunkCount = (plan: Database.Database): number =>
  plan.prepare('SELECT count(*) FROM chunk').pluck().get() as number

const totalsOf = (plan: Database.Database): { files: number; bytes: number } =>
  plan
    .prepare(
      'SELECT count(*) AS files, coalesce(sum(c.size), 0) AS bytes FROM target t JOIN content c ON c.id = t.content',
    )
    .get() as { files: number; bytes: number }

const isLinkedTo = (plan: Database.Database, name: string | Uint8Array): boolean =>
  plan.prepare('SELECT 1 FROM hard WHERE link = ? LIMIT 1').get(name) !== undefined

/** Makes the destination; answers whether it was empty. */
function makeDestination(destination: string): boolean {
  try {
    fs.mkdirSync(destination, { recursive: true })
    return fs.readdirSync(destination).length === 0
  } catch (error) {
    const { message, cause } = asButcherError(error, 'cannot restore to', destination)
    throw new ButcherError('destination', message, { path: destination, cause })
  }
}

function makeWorkFolder(destination: string): string {
  const folder = path.join(destination, `.butcher-restore-${randomBytes(6).toString('hex')}`)
  try {
    fs.mkdirSync(folder, 0o700)
  } catch (error) {
    const { message, cause } = asButcherError(error, 'cannot restore to', destination)
    throw new ButcherError('destination', message, { path: destination, cause })
  }
  return folder
}

function structureEvents(job: RestoreJob, tally: Tally): StructureEvents {
  return {
    restored: (kind) => tally.made(kind),
    failed: (name, reason) => tally.fail(name, reason),
    skipped: (kind) => tally.skip(kind),
    pause: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      throwIfAborted(job)
    },
  }
}

function throwIfAborted(job: RestoreJob): void {
  if (job.signal?.aborted) throw new ButcherError('aborted', 'stopped')
}
