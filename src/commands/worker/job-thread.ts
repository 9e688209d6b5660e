/** Packs one job after another, so that the thread of the queue is always free to keep its jobs. */

import { parentPort } from 'node:worker_threads'
import { packJob } from '../../pack/pack-job.ts'
import { toPlain } from '../../threads/plain-error.ts'
import type { JobAnswer, JobOrder } from './job-protocol.ts'
import { localJob, tellResults } from './local-job.ts'

const port = parentPort as NonNullable<typeof parentPort>

async function work({ file, key, pairs, attempt, stop }: JobOrder): Promise<JobAnswer> {
  const job = localJob(file, key, pairs)
  const packed = await packJob(job, { jobs: 1, attempt, isStopped: () => Atomics.load(stop, 0) !== 0 })
  if (!packed) return { packed, told: [] }
  const told: { readonly path: string; readonly message: string }[] = []
  tellResults(job, packed, (event) => {
    if (event.type === 'warning') told.push({ path: event.path ?? '', message: event.message })
  })
  const { record: _, files: __, ...facts } = packed
  return { packed: facts, told }
}

port.on('message', (order: JobOrder) => {
  work(order).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => port.postMessage({ error: toPlain(error) } satisfies JobAnswer),
  )
})
