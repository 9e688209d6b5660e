/** `--plan-jobs`: writes the jobs of a backup to a folder, for any scheduler. */

import path from 'node:path'
import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { readWorkerKey } from '../../crypto/sealed-box.ts'
import { ButcherError } from '../../errors.ts'
import { isWithin } from '../../files/is-within.ts'
import { showPath } from '../../format/path-text.ts'
import type { ItemSource } from '../../pack/item-source.ts'
import { packJobs } from '../../pack/pack-jobs.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import { mapPath, mapSource, parsePathPair } from '../../pack/source-map.ts'
import {
  beginJobFolder,
  recordPlanned,
  recordSetId,
  removeJobFolder,
  writeJob,
} from '../../set/job-folder.ts'
import type { PlannedJobs } from './backup-options.ts'
import type { BackupRun } from './backup-run.ts'
import type { DiscRoom } from './disc-room.ts'
import { packing } from './pack-queue.ts'

/** Nothing is packed. Throws `key` if the jobs of an encrypted set would be in clear. */
export async function planJobs(
  run: BackupRun,
  itemSource: ItemSource,
  room: DiscRoom,
  given: string,
): Promise<PlannedJobs> {
  const { options, set } = run
  const folder = path.resolve(given)
  refuseInSource(run, folder)
  const workerKey = options.workerKey === undefined ? undefined : readWorkerKey(options.workerKey)
  if (set.encrypted && !workerKey) throw clearJobs()
  const folders = run.folders as NonNullable<BackupRun['folders']>
  const pairs = (options.sourceMap ?? []).map(parsePathPair)
  if (set.isNew) recordSetId(folders, set.setId)
  const jobs = await beginJobFolder(folder, set.setId, set.keys)
  const facts = {
    hash: set.hash,
    source: mapSource(pairs, options.source),
    seenAs: mapPath(pairs, folder),
    keys: set.keys,
    workerKey,
  }
  let bytes = 0
  try {
    const planned = await packJobs({
      ...packing(run, itemSource, room, manifestApplier(set.db)),
      // A run alone reads the tree once, so chunks are shared among all jobs there may be.
      workers: 1,
      takesParts: false,
      place: {
        ahead: () => 4,
        offer: async (job) => {
          await writeJob(jobs, job, facts)
          const sourceBytes = job.items.reduce((sum, { size }) => sum + size, 0)
          bytes += sourceBytes
          // On its disc, the chunk may take as much as it can take at most.
          const nothing = { sha256: '', host: '', results: new Map(), record: new Uint8Array(0) }
          return { ...nothing, chunk: job.chunk, bytes: job.mostBytes, packed: job.items.length, sourceBytes }
        },
        take: () => {},
      },
    })
    if (planned.chunks === 0) removeJobFolder(folder)
    else recordPlanned(folders, folder)
    return { folder, jobs: planned.chunks, bytesSource: bytes }
  } catch (error) {
    removeJobFolder(folder)
    throw error
  }
}

function refuseInSource({ options: { source } }: BackupRun, folder: string): void {
  const inside = (typeof source === 'string' ? [source] : source.map(({ path: one }) => one)).find((one) =>
    isWithin(one, folder),
  )
  if (inside === undefined) return
  throw new ButcherError('usage', `the folder for jobs is inside the source ${showPath(inside)}`, {
    path: folder,
    hint: 'give another folder',
  })
}

const clearJobs = (): ButcherError =>
  new ButcherError('key', 'the jobs of an encrypted set name its files: they need a key', {
    hint: 'give --worker-key with a file that writer and workers share: head -c 32 /dev/urandom | base64 > FILE',
  })

export const nothingPacked: PackResult = {
  complete: false,
  stopped: false,
  finished: undefined,
  chunks: 0,
  bytesStored: 0,
  discs: [],
  fullDiscs: [],
  sourceProblems: 0,
  stored: { new: 0, changed: 0, bytes: 0 },
}
