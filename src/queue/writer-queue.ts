/** The queue as the host of the backup sees it, in BullMQ. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'bullmq'
import type { Report } from '../events.ts'
import { attemptDelayMs, mostAttempts, queueName, queuePrefix } from './bull-settings.ts'
import type { JobEnd, QueuedJob, WriterQueue } from './job-queue.ts'
import type { QueueAddress } from './queue-address.ts'
import { checkServer, loadQueuePackages } from './redis-server.ts'

/** Ends are asked for, not heard: so nothing is missed when the server restarts. */
const askEveryMs = 100
/** How often to look for jobs that the server lost. */
const lookEveryMs = 5000
const most = 1000

interface Waiting {
  readonly job: QueuedJob
  readonly resolve: (end: JobEnd) => void
  since: number
}

/** Throws `program`, `io`, `secret`. */
export async function openWriterQueue(address: QueueAddress, report: Report): Promise<WriterQueue> {
  const packages = await loadQueuePackages()
  await checkServer(packages, address, report)
  const client = packages.connect(address, { maxRetriesPerRequest: null })
  client.on('error', () => {}) // it connects again by itself
  const queue = new packages.bullmq.Queue(queueName, { connection: client, prefix: queuePrefix })
  queue.on('error', () => {})
  const waiting = new Map<string, Waiting>()
  const stop = new AbortController()

  const add = ({ id, body }: QueuedJob): Promise<unknown> =>
    queue.add('chunk', body, {
      jobId: id,
      attempts: mostAttempts,
      backoff: { type: 'fixed', delay: attemptDelayMs },
      stackTraceLimit: 0,
    })

  async function collect(): Promise<void> {
    const ended = (await queue.getJobs(['completed', 'failed'], 0, most)) as (Job | undefined)[]
    const mine = ended.flatMap((job) => (job?.id !== undefined && waiting.has(job.id) ? [job] : []))
    await Promise.all(mine.map((job) => job.remove()))
    for (const job of mine) {
      const id = job.id as string
      waiting.get(id)?.resolve(endOf(job))
      waiting.delete(id)
    }
  }

  async function offerLostAgain(): Promise<void> {
    for (const one of waiting.values()) {
      if (Date.now() - one.since < lookEveryMs) continue
      if ((await queue.getJobState(one.job.id)) === 'unknown' && waiting.has(one.job.id)) await add(one.job)
      one.since = Date.now()
    }
  }

  async function ask(): Promise<void> {
    let looked = Date.now()
    while (!stop.signal.aborted) {
      if (waiting.size > 0) {
        await collect()
        if (Date.now() - looked > lookEveryMs) {
          await offerLostAgain()
          looked = Date.now()
        }
      }
      await sleep(askEveryMs, undefined, { signal: stop.signal })
    }
  }

  const asking = (async () => {
    while (!stop.signal.aborted) await ask().catch(() => sleep(stop.signal.aborted ? 0 : askEveryMs))
  })()

  return {
    offer: async (job) => {
      const end = new Promise<JobEnd>((resolve) => {
        waiting.set(job.id, { job, resolve, since: Date.now() })
      })
      await add(job)
      return end
    },
    workers: () => queue.getWorkersCount(),
    withdraw: async (start) => {
      for (const job of (await queue.getJobs()) as (Job | undefined)[])
        if (job?.id?.startsWith(start) === true) await job.remove().catch(() => {}) // a worker has it
    },
    close: async () => {
      stop.abort()
      await asking
      client.disconnect()
    },
  }
}

function endOf(job: Job): JobEnd {
  const { returnvalue } = job as { readonly returnvalue?: unknown }
  if (typeof returnvalue === 'object' && returnvalue !== null) return returnvalue as JobEnd
  const [problem = 'lost', host = '?'] = (job.failedReason ?? '').split(' on ')
  return { host, problem }
}
