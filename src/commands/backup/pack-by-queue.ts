/**
 * `--queue`: workers pack the files, and this host plans, checks and records. Then it packs the rest itself:
 * what refers to stored files, and the end of the backup.
 */

import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { readWorkerKey } from '../../crypto/sealed-box.ts'
import { ButcherError } from '../../errors.ts'
import { makeFolder } from '../../files/durable.ts'
import { jobsFolder } from '../../format/layout.ts'
import type { ItemSource } from '../../pack/item-source.ts'
import { packJobs } from '../../pack/pack-jobs.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import { mapPath, mapSource, parsePathPair } from '../../pack/source-map.ts'
import type { WorkerPool } from '../../pack/worker-pool.ts'
import { queueAddress } from '../../queue/queue-address.ts'
import { openWriterQueue } from '../../queue/writer-queue.ts'
import { inspectDestination } from '../../set/destination.ts'
import { beginJobFolder, recordSetId, removeEmptyFolder, removeJobFolder } from '../../set/job-folder.ts'
import type { BackupRun } from './backup-run.ts'
import type { DiscRoom } from './disc-room.ts'
import { packing, packQueue } from './pack-queue.ts'
import { QueuePlace } from './queue-place.ts'

const workersEveryMs = 2000

/** Throws `key` if a passphrase would travel in clear, and the errors of the queue. */
export async function packByQueue(
  run: BackupRun,
  pool: WorkerPool,
  itemSource: ItemSource,
  room: DiscRoom,
  url: string,
): Promise<PackResult> {
  const { options, set, report } = run
  refuseRaw(run)
  const workerKey = options.workerKey === undefined ? undefined : readWorkerKey(options.workerKey)
  if (set.keys?.passphrase !== undefined && !workerKey) throw noWorkerKey()
  const address = queueAddress(url)
  const queue = await openWriterQueue(address, report)
  let timer: NodeJS.Timeout | undefined
  try {
    await queue.withdraw(`${set.setId}-`)
    const folders = run.folders as NonNullable<BackupRun['folders']>
    if (set.isNew) recordSetId(folders, set.setId)
    const parent = path.join(folders.work, jobsFolder)
    makeFolder(parent)
    const jobs = await beginJobFolder(path.join(parent, randomBytes(8).toString('hex')), set.setId, set.keys)
    const pairs = (options.sourceMap ?? []).map(parsePathPair)
    const facts = {
      hash: set.hash,
      source: mapSource(pairs, options.source),
      seenAs: mapPath(pairs, jobs.folder),
      keys: set.keys,
      workerKey,
    }
    let workers = await queue.workers()
    if (workers === 0)
      report({ type: 'note', message: `no worker yet: butcher worker --queue ${address.shown}` })
    timer = setInterval(
      () =>
        void queue.workers().then(
          (now) => (workers = now),
          () => {},
        ),
      workersEveryMs,
    )
    const place = new QueuePlace({ run, folders, queue, jobs, facts, ahead: () => 2 * Math.max(2, workers) })
    const packed = await packJobs({
      ...packing(run, itemSource, room),
      workers: Math.max(1, workers),
      takesParts: true,
      place,
    })
    removeJobFolder(jobs.folder)
    removeEmptyFolder(parent)
    if (!packed.complete) return packed
    // What the workers could not store is recorded, and the end of the backup, even if nothing else is left.
    const isMore = packed.lines.length > 0 || !itemSource.hasReferences
    if (packed.chunks > 0 && isMore) itemSource.extra.need(packed.lines)
    // The disc that is begun takes the rest.
    const now = { ...run, destination: inspectDestination(run.destination.folder) }
    return sum(packed, await packQueue(now, pool, itemSource, room, Math.max(0, packed.discs.length - 1)))
  } finally {
    clearInterval(timer)
    // Jobs of a run that ends early are withdrawn. The next run takes the answers that are there.
    await queue.withdraw(`${set.setId}-`).catch(() => {})
    await queue.close()
  }
}

function refuseRaw({ raw }: BackupRun): void {
  if (!raw) return
  throw new ButcherError('usage', 'a disk or image is read by one host, not by workers', {
    hint: 'leave --queue out',
  })
}

const noWorkerKey = (): ButcherError =>
  new ButcherError('key', 'with a passphrase, workers need a key that seals the session keys', {
    hint: 'give --worker-key with a file that writer and workers share: head -c 32 /dev/urandom | base64 > FILE',
  })

function sum(one: PackResult, two: PackResult): PackResult {
  return {
    ...two,
    chunks: one.chunks + two.chunks,
    bytesStored: one.bytesStored + two.bytesStored,
    discs: [...new Set([...one.discs, ...two.discs])],
    fullDiscs: [...one.fullDiscs, ...two.fullDiscs],
    sourceProblems: one.sourceProblems + two.sourceProblems,
    stored: {
      new: one.stored.new + two.stored.new,
      changed: one.stored.changed + two.stored.changed,
      bytes: one.stored.bytes + two.stored.bytes,
    },
  }
}
