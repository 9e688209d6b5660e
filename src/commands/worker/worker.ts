/** `butcher worker`: packs the chunks of any backups that use the same queue. */

import os from 'node:os'
import { readWorkerKey } from '../../crypto/sealed-box.ts'
import { silent } from '../../events.ts'
import { parsePathPair } from '../../pack/source-map.ts'
import { queueAddress } from '../../queue/queue-address.ts'
import { checkServer, loadQueuePackages } from '../../queue/redis-server.ts'
import { openWorkerQueue } from '../../queue/worker-queue.ts'
import { workSlot } from './worker-slot.ts'
import type { WorkerOptions, WorkerSummary } from './worker-options.ts'

const usualLostAfterSeconds = 30

/** Works until the signal: then it gives its jobs back. Throws `program`, `io`, `secret`, `key`, `usage`. */
export async function runWorker(options: WorkerOptions): Promise<WorkerSummary> {
  const started = Date.now()
  const { report = silent, signal = new AbortController().signal } = options
  const key = options.workerKey === undefined ? undefined : readWorkerKey(options.workerKey)
  const pairs = (options.sourceMap ?? []).map(parsePathPair)
  const address = queueAddress(options.queue)
  const packages = await loadQueuePackages()
  await checkServer(packages, address, report)
  const slots = options.jobs ?? os.availableParallelism()
  const lostAfterMs = 1000 * (options.lostAfterSeconds ?? usualLostAfterSeconds)
  let [chunks, bytes, failed] = [0, 0, 0]
  report({ type: 'note', message: `waiting for jobs at ${address.shown}, ${slots} at a time` })
  await Promise.all(
    Array.from({ length: slots }, () =>
      workSlot({
        queue: openWorkerQueue(packages, address, lostAfterMs),
        key,
        pairs,
        beatEveryMs: lostAfterMs / 3,
        report,
        signal,
        onChunk: (chunk) => {
          chunks++
          bytes += chunk.bytes
          options.onChunk?.(chunk)
        },
        onFailed: () => failed++,
      }),
    ),
  )
  return { chunks, bytes, failed, seconds: (Date.now() - started) / 1000 }
}
