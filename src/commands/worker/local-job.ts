/** A job as this host sees it. */

import fs from 'node:fs'
import { asButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import { type ChunkJob, readJob } from '../../pack/chunk-job.ts'
import type { PackedChunk } from '../../pack/packed-chunk.ts'
import { mapPath, mapSource, type PathPair } from '../../pack/source-map.ts'

/** Throws `io`, `key`, `damaged`. */
export function localJob(file: string, key: Uint8Array | undefined, pairs: readonly PathPair[]): ChunkJob {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw asButcherError(error, 'cannot read the job', showPath(file))
  }
  const job = readJob(text, key, file)
  return { ...job, source: mapSource(pairs, job.source), folder: mapPath(pairs, job.folder) }
}

/** Warns of files that are not simply stored. Returns the number of those that are not in the chunk. */
export function tellResults({ items }: ChunkJob, { results }: PackedChunk, report: Report): number {
  let leftOut = 0
  for (const [index, { outcome, message }] of results) {
    const path = items[index]?.path
    if (outcome === 'failed' || outcome === 'again') leftOut++
    if (message !== undefined && path !== undefined)
      report({ type: 'warning', kind: 'source', path, message })
  }
  return leftOut
}
