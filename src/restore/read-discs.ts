/** Reads the chunks of a plan, disc by disc, and records the contents that could not be read. */

import path from 'node:path'
import type Database from 'better-sqlite3'
import { throwIfAborted } from '../errors.ts'
import { chunkFolder } from '../format/layout.ts'
import { expectFiles, holdFile } from '../media/away-files.ts'
import type { LostContents } from './lost-contents.ts'
import type { ChunkRow } from './plan-tables.ts'
import { type DiscNeed, type RestoreJob } from './restore-job.ts'
import type { RestoreReport } from './restore-report.ts'
import type { Task } from './protocol.ts'
import type { WorkerPool } from './worker-pool.ts'

/**
 * Reads each disc once. The available discs come first, in parallel if they are in different drives. Then the
 * user is asked for each of the others. Reads each chunk of a disc once, in order. `contents` gets the lost
 * contents. Returns the missing discs.
 */
export async function readDiscs(
  job: RestoreJob,
  plan: Database.Database,
  pool: WorkerPool,
  report: RestoreReport,
  contents: LostContents,
): Promise<DiscNeed[]> {
  const missing: DiscNeed[] = []
  const work = new Set<Promise<void>>()
  let broken: unknown
  const parts = new PartCount(plan)
  const lose = (content: number, reason: string): void => {
    contents.add(content, reason)
  }

  /** Resolves when the task starts; `done` resolves when it ends. */
  const start = async (task: Task, chunk?: ChunkRow): Promise<{ readonly done: Promise<void> }> => {
    // Of a set in a store, the chunk comes here for the time of its task.
    const release = task.do === 'chunk' ? await holdFile(task.source.file, job.signal) : undefined
    const { outcome } = await pool.begin(task)
    const done = outcome
      .finally(release)
      .then(({ parts: found, lost, damage }) => {
        if (chunk) {
          report.readChunk(chunk)
          if (damage !== undefined)
            report.warn(`chunk ${chunk.name} on disc ${chunk.disc} is damaged: ${damage}`)
        }
        if (chunk && lost.length > 0) report.damagedChunk(chunk)
        const where = chunk ? `chunk ${chunk.name} on disc ${chunk.disc}: ` : ''
        for (const { content, reason } of lost) lose(content, `${where}${reason}`)
        for (const { content } of found) if (parts.gain(content)) ready.push(content)
      })
      .catch((error: unknown) => {
        broken ??= error
        pool.stop()
      })
      .finally(() => work.delete(done))
    work.add(done)
    return { done }
  }
  const ready: number[] = []
  const joinReady = async (): Promise<void> => {
    for (let content = ready.shift(); content !== undefined; content = ready.shift())
      await start({ do: 'join', content })
  }
  const finishTasks = async (): Promise<void> => {
    do {
      await Promise.all(work)
      if (broken !== undefined) throw broken
      await joinReady()
    } while (work.size > 0)
  }

  for (const content of unplacedContents(plan)) lose(content, 'the catalog does not say where its chunk is')
  const empty = plan.prepare('SELECT id FROM content WHERE size = 0').pluck().all() as number[]
  if (empty.length > 0) await start({ do: 'empty', contents: empty })
  // A content in pieces that are all zeros needs no chunk.
  ready.push(
    ...(plan.prepare('SELECT id FROM content WHERE size > 0 AND parts = 0').pluck().all() as number[]),
  )
  await joinReady()

  const chunksOf = plan.prepare(
    'SELECT number, disc, name, bytes, sha256 FROM chunk WHERE disc = ? ORDER BY number',
  )
  const readDisc = async (need: DiscNeed, folder: string): Promise<void> => {
    job.report({ type: 'disc', disc: need.disc, state: 'reading' })
    const oneByOne = job.isDrive(folder)
    const chunks = chunksOf.all(need.disc) as ChunkRow[]
    const fileOf = ({ name }: ChunkRow): string => path.join(folder, chunkFolder, name)
    expectFiles(chunks.map(fileOf))
    for (const chunk of chunks) {
      report.reads(chunk)
      const file = fileOf(chunk)
      const { done } = await start({ do: 'chunk', source: { chunk, file, discs: job.discFolders() } }, chunk)
      if (oneByOne) await done
      if (broken !== undefined) throw broken
      throwIfAborted(job.signal)
      await joinReady()
    }
  }
  const passOver = (need: DiscNeed): void => {
    missing.push(need)
    for (const chunk of chunksOf.all(need.disc) as ChunkRow[]) {
      for (const content of contentsOf(plan, chunk.number)) {
        lose(content, `it is on disc ${need.disc}, which is missing`)
      }
    }
  }

  let left = discNeeds(plan)
  while (left.length > 0) {
    throwIfAborted(job.signal)
    // The user may have inserted other discs together with this one.
    const [first] = inReadingOrder(job, left) as [DiscNeed]
    if ((await job.locateDisc(first)) === undefined) passOver(first)
    const here = left.flatMap((need) => {
      const folder = missing.includes(need) ? undefined : job.discAtHand(need.disc)
      return folder === undefined ? [] : [{ need, folder }]
    })
    const drives = Map.groupBy(here, ({ folder }) => job.driveOf(folder))
    const drivesDone = [...drives.values()].map(async (discs) => {
      for (const { need, folder } of discs) await readDisc(need, folder)
    })
    for (const drive of await Promise.allSettled(drivesDone))
      if (drive.status === 'rejected') throw drive.reason
    // The user may remove a disc from its drive when the next one is requested.
    await finishTasks()
    left = left.filter((need) => !missing.includes(need) && !here.some((one) => one.need === need))
  }
  await finishTasks()
  return missing
}

/** Available discs first, then the others, each by number. */
export function inReadingOrder(
  { discAtHand }: Pick<RestoreJob, 'discAtHand'>,
  needs: readonly DiscNeed[],
): DiscNeed[] {
  const isHere = new Map(needs.map((need) => [need, discAtHand(need.disc) !== undefined]))
  return [...needs].sort((a, b) => Number(isHere.get(b)) - Number(isHere.get(a)) || a.disc - b.disc)
}

/** Counts the parts of contents. */
class PartCount {
  readonly #find: Database.Statement
  readonly #left = new Map<number, number>()

  constructor(plan: Database.Database) {
    this.#find = plan.prepare('SELECT parts FROM content WHERE id = ?').pluck()
  }

  /** Counts one more part. True if it was the last. */
  gain(content: number): boolean {
    const left = (this.#left.get(content) ?? (this.#find.get(content) as number)) - 1
    this.#left.set(content, left)
    return left === 0
  }
}

const unplacedContents = (plan: Database.Database): number[] =>
  plan
    .prepare('SELECT DISTINCT content FROM piece WHERE chunk NOT IN (SELECT number FROM chunk)')
    .pluck()
    .all() as number[]

const contentsOf = (plan: Database.Database, chunk: number): number[] =>
  plan.prepare('SELECT DISTINCT content FROM piece WHERE chunk = ?').pluck().all(chunk) as number[]

/** The chunks needed from each disc, in the order of the discs. */
export const discNeeds = (plan: Database.Database): DiscNeed[] =>
  plan
    .prepare('SELECT disc, count(*) AS chunks, sum(bytes) AS bytes FROM chunk GROUP BY disc ORDER BY disc')
    .all() as DiscNeed[]
