/** Hashes the files whose size suggests that their content is already stored. */

import {
  candidates,
  candidateTotals,
  dropLoneProbes,
  type HashCandidate,
  hashRecorder,
  markCandidates,
  probeFromBytes,
  resolveDuplicates,
} from '../catalog/stored-already.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { Report } from '../events.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface HashOptions {
  readonly db: Catalog
  readonly pool: WorkerPool
  /** Contents from this number on count as stored. */
  readonly reuseFrom: number
  /** Files up to this size are compared later, when they are packed. */
  readonly comparedLaterBytes: number
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

/** Afterwards, the queue's pass of files holds only the files that must be stored. */
export async function hashCandidateFiles(options: HashOptions): Promise<void> {
  const { db, reuseFrom, report } = options
  markCandidates(db, reuseFrom, options.comparedLaterBytes)
  await hashAll(options, candidates(db, probeFromBytes), true, () => {})
  dropLoneProbes(db)
  const totals = candidateTotals(db)
  if (totals.files > 0) {
    const stage = { stage: 'hash', totalBytes: totals.bytes, totalFiles: totals.files } as const
    let bytes = 0
    let files = 0
    report({ type: 'stage', ...stage })
    await hashAll(options, candidates(db, 0), false, (more) => {
      files += more.files
      bytes += more.bytes
      report({ type: 'progress', ...stage, bytes, files })
    })
  }
  db.transaction(() => resolveDuplicates(db))()
}

interface Amount {
  readonly bytes: number
  readonly files: number
}

async function hashAll(
  options: HashOptions,
  batches: Iterator<HashCandidate[]>,
  probe: boolean,
  onProgress: (more: Amount) => void,
): Promise<void> {
  const { db, pool } = options
  const note = hashRecorder(db)
  /** The part of its batch that each worker has not reported yet. */
  const inWork = new Map<number, Amount>()
  const give = (worker: number): void => {
    const batch = batches.next()
    if (batch.done) return
    const bytes = batch.value.reduce((sum, { size }) => sum + size, 0)
    inWork.set(worker, { bytes, files: batch.value.length })
    pool.send(worker, { do: 'hash', probe, files: batch.value })
  }
  for (let worker = 0; worker < pool.size; worker++) give(worker)
  while (inWork.size > 0) {
    const { worker, message } = await pool.listen(options.signal)
    const left = inWork.get(worker) as Amount
    if (message.did === 'progress') {
      onProgress(message)
      inWork.set(worker, { bytes: left.bytes - message.bytes, files: left.files - message.files })
    }
    if (message.did !== 'hash') continue
    db.transaction(() => {
      for (const { seq, digest } of message.digests) if (digest) note(seq, probe ? 'probe' : 'hash', digest)
    })()
    onProgress(left)
    inWork.delete(worker)
    give(worker)
  }
}
