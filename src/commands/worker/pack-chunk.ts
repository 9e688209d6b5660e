/** `butcher pack-chunk`: packs the chunk of one job, without a queue and without state. */

import os from 'node:os'
import path from 'node:path'
import { readWorkerKey } from '../../crypto/sealed-box.ts'
import { ButcherError, stopped } from '../../errors.ts'
import { silent } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import { packJob } from '../../pack/pack-job.ts'
import { parsePathPair } from '../../pack/source-map.ts'
import { localJob, tellResults } from './local-job.ts'
import type { PackChunkOptions, PackChunkSummary } from './worker-options.ts'

/**
 * Writes chunk and manifest to the folder of the job, under names of this try. Doing a job again does no
 * harm. Throws `key`, `damaged`, `source`, `no-space`, `io`, and `aborted` if the user stops it.
 */
export async function packChunk(options: PackChunkOptions): Promise<PackChunkSummary> {
  const started = Date.now()
  const { signal, report = silent } = options
  const key = options.workerKey === undefined ? undefined : readWorkerKey(options.workerKey)
  const job = localJob(path.resolve(options.job), key, (options.sourceMap ?? []).map(parsePathPair))
  const totalBytes = job.items.reduce((sum, { size, part }) => sum + (part?.size ?? size), 0)
  report({ type: 'stage', stage: 'pack', totalBytes })
  let [bytes, files] = [0, 0]
  const packed = await packJob(job, {
    jobs: options.jobs ?? os.availableParallelism(),
    isStopped: () => signal?.aborted === true,
    onProgress: (moreBytes, moreFiles) => {
      ;[bytes, files] = [bytes + moreBytes, files + moreFiles]
      report({ type: 'progress', stage: 'pack', bytes, files, totalBytes, disc: job.disc, chunk: job.chunk })
    },
  })
  if (!packed) {
    if (signal?.aborted === true) throw stopped()
    throw new ButcherError(
      'locked',
      `nobody waits for chunk ${job.chunk} in ${showPath(job.folder)} any more`,
      {
        path: job.folder,
        hint: 'the run of butcher backup that planned it has taken another answer, or has ended',
      },
    )
  }
  return {
    chunk: packed.chunk,
    sha256: packed.sha256,
    bytes: packed.bytes,
    manifest: packed.files.manifest,
    file: packed.files.chunk,
    filesLeftOut: tellResults(job, packed, report),
    seconds: (Date.now() - started) / 1000,
  }
}
