/** Sizes the chunks so that the workers share a run evenly and finish at about the same time. */

import { itemWeight, maxItemsPerChunk } from './chunk-buffer.ts'

/** Balancing makes no chunk smaller than this. A backup of less than twice as much stays in one chunk. */
const leastWeight = 32e6

export interface ToShare {
  readonly bytes: number
  readonly items: number
  readonly workers: number
  /** The most source bytes that one chunk gathers. */
  readonly chunkBytes: number
}

/**
 * The number of chunks: as many as needed, rounded up to a multiple of the workers if they stay large enough.
 */
export function chunksOf({ bytes, items, workers, chunkBytes }: ToShare): number {
  const needed = Math.max(1, Math.ceil(bytes / chunkBytes), Math.ceil(items / maxItemsPerChunk))
  const worthwhile = Math.floor((bytes + items * itemWeight) / leastWeight)
  return Math.max(needed, Math.min(Math.ceil(needed / workers) * workers, worthwhile))
}

/** The weight of one chunk's share of the run, or Infinity if the chunks are small enough anyway. */
export function chunkShare(toShare: ToShare): number {
  const share = (toShare.bytes + toShare.items * itemWeight) / chunksOf(toShare)
  // Files never fill a chunk to the last byte. The 1 % keeps the rest from becoming a chunk of its own.
  return toShare.workers > 1 && share >= leastWeight ? share * 1.01 : Infinity
}

/**
 * The cores for chunk number `begun` of `expected`. Parallel chunks keep all cores busy. A chunk near the end
 * of a run may be alone, and gets more.
 */
export function parallelismOf(begun: number, expected: number, workers: number): number {
  const isNearEnd = begun > expected - workers
  return Math.min(workers, Math.floor(workers / Math.min(workers, expected)) + Number(isNearEnd))
}
