/** The queue as one slot of a worker sees it, in BullMQ. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { mostStalls, queueName, queuePrefix } from './bull-settings.ts'
import type { JobEnd, TakenJob, WorkerQueue } from './job-queue.ts'
import type { QueueAddress } from './queue-address.ts'
import type { QueuePackages } from './redis-server.ts'

/** A worker that is silent for `lostAfterMs` loses its job. */
export function openWorkerQueue(
  { bullmq, connect }: QueuePackages,
  address: QueueAddress,
  lostAfterMs: number,
): WorkerQueue {
  const client = connect(address, { maxRetriesPerRequest: null })
  client.on('error', () => {}) // it connects again by itself
  const worker = new bullmq.Worker<string, JobEnd>(queueName, null, {
    connection: client,
    prefix: queuePrefix,
    autorun: false,
    lockDuration: lostAfterMs,
    stalledInterval: lostAfterMs,
    maxStalledCount: mostStalls,
  })
  worker.on('error', () => {})
  let isClosed = false
  let isChecking = false
  type Taken = NonNullable<Awaited<ReturnType<typeof worker.getNextJob>>>
  const jobs = new Map<string, Taken>()

  /** The job of a token that another worker has taken over is no longer ours to end: that is no error. */
  async function end(job: TakenJob, how: (taken: Taken) => Promise<unknown>): Promise<void> {
    const taken = jobs.get(job.token)
    jobs.delete(job.token)
    if (taken) await how(taken).catch(() => {})
  }

  async function take(): Promise<TakenJob | undefined> {
    if (!isChecking) {
      isChecking = true
      void worker.startStalledCheckTimer().catch(() => (isChecking = false))
    }
    while (!isClosed) {
      const token = randomUUID()
      const job = await worker.getNextJob(token).catch(() => undefined)
      if (job?.id !== undefined && !isClosed) {
        jobs.set(token, job)
        return { id: job.id, body: job.data, token }
      }
      if (job) await job.moveToWait(token).catch(() => {})
      else await sleep(isClosed ? 0 : 100)
    }
    return undefined
  }

  return {
    take,
    beat: async ({ token }) => {
      const job = jobs.get(token)
      return job !== undefined && (await job.extendLock(token, lostAfterMs)) === 1
    },
    done: (job, result) => end(job, (taken) => taken.moveToCompleted(result, job.token, false)),
    fail: (job, { host, problem = 'internal' }) =>
      end(job, (taken) =>
        problem === 'aborted'
          ? taken.moveToWait(job.token)
          : taken.moveToFailed(new Error(`${problem} on ${host}`), job.token, false),
      ),
    close: async () => {
      isClosed = true
      await worker.close(true).catch(() => {})
      client.disconnect()
    },
  }
}
