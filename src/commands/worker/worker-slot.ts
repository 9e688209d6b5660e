/** One slot of a worker: takes one job at a time, has it packed by a thread, and keeps it meanwhile. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ButcherError, stopped } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { jobFile, jobsIn } from '../../pack/job-files.ts'
import { newAttempt } from '../../pack/pack-job.ts'
import { mapPath, type PathPair } from '../../pack/source-map.ts'
import type { JobEnd, TakenJob, WorkerQueue } from '../../queue/job-queue.ts'
import { fromPlain } from '../../threads/plain-error.ts'
import { startThread, type Thread } from '../../threads/start-thread.ts'
import { openJobBody } from './job-body.ts'
import type { JobAnswer, JobOrder } from './job-protocol.ts'
import type { WorkedChunk } from './worker-options.ts'

export interface SlotOptions {
  readonly queue: WorkerQueue
  readonly key: Uint8Array | undefined
  readonly pairs: readonly PathPair[]
  readonly beatEveryMs: number
  readonly report: Report
  readonly onChunk: (chunk: WorkedChunk) => void
  readonly onFailed: () => void
  readonly signal: AbortSignal
}

/** After a failure, other hosts get the job first. */
const pauseMs = 10_000
/** A stopped thread that is within a large file is ended after this time. */
const stopWithinMs = 1500

/** Works until the signal. */
export async function workSlot(options: SlotOptions): Promise<void> {
  const { queue, signal, onFailed } = options
  const thread = new JobThread()
  const close = (): void => void queue.close()
  try {
    while (!signal.aborted) {
      const idle = signal.aborted ? undefined : queue.take()
      const job = await Promise.race([idle, aborted(signal)])
      if (!job) break
      const end = await doJob(job, thread, options)
      if (end.problem === undefined) await queue.done(job, end)
      else await queue.fail(job, end)
      if (end.problem === undefined || end.problem === 'aborted') continue
      onFailed()
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    close()
    await thread.end()
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

async function doJob(taken: TakenJob, thread: JobThread, options: SlotOptions): Promise<JobEnd> {
  const { queue, report, pairs, beatEveryMs, signal, onChunk } = options
  const host = os.hostname()
  const started = Date.now()
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const attempt = newAttempt()
  const beat = setInterval(() => {
    // While the server does not answer, the job goes on: its result may still be the first one.
    queue.beat(taken).then(
      (isOurs) => void (isOurs || Atomics.store(stop, 0, 1)),
      () => {},
    )
  }, beatEveryMs)
  const leave = (): void => {
    Atomics.store(stop, 0, 1)
    setTimeout(() => void thread.end(), stopWithinMs).unref()
  }
  signal.addEventListener('abort', leave, { once: true })
  let folder: string | undefined
  try {
    const body = openJobBody(taken.body, options.key)
    folder = mapPath(pairs, body.folder)
    const file = path.join(folder, jobFile(body.chunk))
    // A run that is over has removed its jobs, and a job of a queue that was lost may have its result.
    if (fs.existsSync(path.dirname(folder)) && !fs.existsSync(file)) return { host, attempt }
    const [before] = fs.existsSync(folder) ? (jobsIn(folder).tries.get(body.chunk) ?? []) : []
    if (before !== undefined) return { host, attempt: before }
    const answer = await thread.pack({ file, key: body.key, pairs, attempt, stop })
    if ('error' in answer) throw fromPlain(answer.error)
    for (const warning of answer.told) report({ type: 'warning', kind: 'source', ...warning })
    if (!answer.packed) return signal.aborted ? { host, problem: 'aborted' } : { host, attempt }
    const { chunk, sourceBytes, bytes } = answer.packed
    onChunk({ chunk, bytesSource: sourceBytes, bytes, seconds: (Date.now() - started) / 1000 })
    return { host, attempt }
  } catch (error) {
    if (signal.aborted) return { host, problem: 'aborted' }
    const message = error instanceof Error ? error.message : String(error)
    const hint = error instanceof ButcherError && error.hint !== undefined ? ` (${error.hint})` : ''
    report({ type: 'warning', kind: 'other', message: `a job goes to another worker: ${message}${hint}` })
    return { host, problem: error instanceof ButcherError ? error.code : 'internal' }
  } finally {
    clearInterval(beat)
    signal.removeEventListener('abort', leave)
    if (folder !== undefined && signal.aborted) removeTriesOf(folder, attempt)
  }
}

/** Of a thread that was ended. Its names have the word of the try. */
function removeTriesOf(folder: string, attempt: string): void {
  try {
    for (const name of fs.readdirSync(folder))
      if (
        name.includes(`-${attempt}.`) &&
        !fs.existsSync(path.join(folder, name.replace(/\..*/, '.manifest')))
      )
        fs.rmSync(path.join(folder, name), { force: true })
  } catch {
    // The run of backup removes the folder.
  }
}

/** Started with the first job, and again after it was ended. */
class JobThread {
  #thread: Thread<JobOrder> | undefined
  #answer: ((answer: JobAnswer) => void) | undefined
  #died: ((error: Error) => void) | undefined

  pack(order: JobOrder): Promise<JobAnswer> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve
      this.#died = reject
      this.#thread ??= startThread<JobOrder, JobAnswer>(new URL('./job-thread.ts', import.meta.url), {
        name: 'a thread that packs',
        onMessage: (answer) => this.#answer?.(answer),
        onDeath: (error) => {
          this.#thread = undefined
          this.#died?.(error)
        },
      })
      this.#thread.send(order)
    })
  }

  async end(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.end()
    this.#died?.(stopped())
  }
}
