/** How much a chunk gathers so that the workers share a run evenly: none waits long for the last one. */

import { itemWeight, maxItemsPerChunk } from './chunk-buffer.ts'

/** Chunks are not made smaller for it than this, so a backup of less than twice as much stays one. */
const leastWeight = 32e6

export interface ToShare {
  readonly bytes: number
  readonly items: number
  readonly workers: number
  /** Source bytes a chunk gathers at the most. */
  readonly chunkBytes: number
}

/** As many chunks as are needed; filled up to a multiple of the workers, where they do not become too small. */
export function chunksOf({ bytes, items, workers, chunkBytes }: ToShare): number {
  const needed = Math.max(1, Math.ceil(bytes / chunkBytes), Math.ceil(items / maxItemsPerChunk))
  const worthwhile = Math.floor((bytes + items * itemWeight) / leastWeight)
  return Math.max(needed, Math.min(Math.ceil(needed / workers) * workers, worthwhile))
}

/** The weight at which a chunk has its share of the run; Infinity where chunks are small enough by themselves. */
export function chunkShare(toShare: ToShare): number {
  const share = (toShare.bytes + toShare.items * itemWeight) / chunksOf(toShare)
  // Files are not of a size that fills a chunk to the last byte: the rest is to be no chunk of its own.
  return toShare.workers > 1 && share >= leastWeight ? share * 1.01 : Infinity
}

/**
 * Cores that the chunk begun as number `begun` of `expected` spreads over. Chunks in work keep the cores busy by themselves, and
 * would disturb each other; one that is alone, as it may be at the end of a run, spreads.
 */
export function parallelismOf(begun: number, expected: number, workers: number): number {
  const isNearEnd = begun > expected - workers
  return Math.min(workers, Math.floor(workers / Math.min(workers, expected)) + Number(isNearEnd))
}
