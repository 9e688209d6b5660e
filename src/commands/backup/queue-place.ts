/** Offers jobs to a queue, checks the answers, and takes the chunks. */

import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sealBox } from '../../crypto/sealed-box.ts'
import { ButcherError } from '../../errors.ts'
import { showPath } from '../../format/path-text.ts'
import { tryFiles } from '../../pack/job-files.ts'
import type { JobPlace, PlannedJob } from '../../pack/pack-jobs.ts'
import { removeTry } from '../../pack/pack-job.ts'
import type { PackedChunk } from '../../pack/packed-chunk.ts'
import { identityOf, isSame, openSource } from '../../pack/source-file.ts'
import type { JobEnd, WriterQueue } from '../../queue/job-queue.ts'
import type { WorkFolders } from '../../set/destination.ts'
import { type JobFacts, type JobFolder, textKey, writeJob } from '../../set/job-folder.ts'
import { type CheckedChunk, checkTry, takeChunks } from '../../set/take-chunks.ts'
import type { BackupRun } from './backup-run.ts'

/** A job whose answer is refused so often is not offered again. */
const mostRefused = 5
/** A shared file system may show a new file of another host only after some seconds. */
const visibleWithinMs = 15_000

export interface QueuePlaceOptions {
  readonly run: BackupRun
  readonly folders: WorkFolders
  readonly queue: WriterQueue
  readonly jobs: JobFolder
  readonly facts: JobFacts
  readonly ahead: () => number
}

export class QueuePlace implements JobPlace {
  readonly #options: QueuePlaceOptions
  readonly #checked = new Map<number, CheckedChunk>()
  readonly ahead: () => number

  constructor(options: QueuePlaceOptions) {
    this.#options = options
    this.ahead = options.ahead
  }

  async offer(job: PlannedJob): Promise<PackedChunk> {
    const { queue, jobs, facts, run } = this.#options
    await writeJob(jobs, job, facts)
    const { chunk } = job
    for (let refused = 0; ; refused++) {
      const id = `${jobs.set}-${jobs.run}-${chunk}-${refused}`
      const end = await queue.offer({ id, body: this.#body(chunk) })
      if (end.attempt === undefined) throw notPacked(chunk, end)
      try {
        await this.#visible(chunk, end.attempt)
        const checked = await checkTry(jobs, chunk, end.attempt)
        refuseUnseen(run, job, checked.packed)
        this.#checked.set(chunk, checked)
        return checked.packed
      } catch (error) {
        const isTheirs = error instanceof ButcherError && ['damaged', 'source'].includes(error.code)
        if (!isTheirs || refused === mostRefused) throw error
        // A worker that gets the job next must not take this result for a good one.
        removeTry(tryFiles(jobs.folder, chunk, end.attempt, job.compression, run.set.encrypted))
        run.report({
          type: 'warning',
          kind: 'other',
          message: `${error.message}: chunk ${chunk} is packed again`,
        })
      }
    }
  }

  take(done: readonly { readonly job: PlannedJob }[]): void {
    const { jobs, run, folders } = this.#options
    const chunks = done.map(({ job }) => this.#checked.get(job.chunk) as CheckedChunk)
    takeChunks(jobs, run.destination.folder, folders, chunks)
    for (const { job } of done) this.#checked.delete(job.chunk)
  }

  /** A worker key seals all of it. Without one, the key of the job opens a file that is not in the queue. */
  #body(chunk: number): string {
    const { jobs, facts } = this.#options
    const { seenAs, workerKey } = facts
    const key = workerKey ? undefined : textKey(jobs, chunk)?.toString('base64')
    const body = JSON.stringify({ folder: seenAs, chunk, ...(key === undefined ? {} : { key }) })
    return workerKey ? sealBox(workerKey, Buffer.from(body)).toString('base64') : body
  }

  async #visible(chunk: number, attempt: string): Promise<void> {
    const { manifest } = tryFiles(this.#options.jobs.folder, chunk, attempt, 'none', false)
    for (const start = Date.now(); !fs.existsSync(manifest) && Date.now() - start < visibleWithinMs;)
      await sleep(50)
  }
}

const notPacked = (chunk: number, { host, problem = 'lost' }: JobEnd): ButcherError =>
  new ButcherError(
    'io',
    `no worker could pack chunk ${chunk}; the last one was ${host}: ${problemText(problem)}`,
    {
      hint: 'look at the messages of butcher worker there, then run the same command again to continue',
    },
  )

const problemText = (problem: string): string =>
  ({
    source: 'it does not see the source',
    'no-space': 'it has no room',
    key: 'it has another worker key, or none',
    damaged: 'it cannot read the job',
    io: 'it cannot write the result',
  })[problem] ?? problem

/** What a worker cannot read, and this host can, is no trouble of the source. Throws `source`. */
function refuseUnseen({ options }: BackupRun, { items }: PlannedJob, { results, host }: PackedChunk): void {
  for (const [index, { outcome, message }] of results) {
    const item = items[index]
    if (outcome !== 'failed' || !item || !isHere(options.source, item)) continue
    throw new ButcherError(
      'source',
      `${host} cannot read ${showPath(item.path)}, but this host can: ${message}`,
      {
        path: item.path,
      },
    )
  }
}

function isHere(source: Parameters<typeof openSource>[0], item: PlannedJob['items'][number]): boolean {
  try {
    const { fd, stat } = openSource(source, item.path)
    try {
      if (!isSame(identityOf(stat), item)) return false
      fs.readSync(fd, Buffer.alloc(1), 0, 1, 0)
      return true
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return false
  }
}
