/** Finds data and holes of a partition: what `lseek` tells programs that copy sparse files. */

import type { StoredRun } from './image-layout.ts'

export type Wanted = 'data' | 'hole'

interface Holes {
  readonly blockBytes: number
  readonly blocks: number
  readonly deviceBytes: number
  /** Finds the run of used blocks at or after a block, at most `most` blocks long. */
  readonly runFrom: (from: number, most: number) => StoredRun | undefined
  /** Bytes that are data besides, from `start` to `end`. */
  readonly more: { readonly start: number; readonly end: number } | undefined
}

/**
 * The first byte of data, or of a hole, at `offset` or after it. The end of the partition counts as a hole.
 * Undefined behind the last data, and behind the end.
 */
export function seek(holes: Holes, offset: number, wanted: Wanted): number | undefined {
  if (offset < 0 || offset >= holes.deviceBytes) return undefined
  return wanted === 'data' ? dataFrom(holes, offset) : holeFrom(holes, offset)
}

function dataFrom(
  { blockBytes, blocks, deviceBytes, runFrom, more }: Holes,
  offset: number,
): number | undefined {
  const block = Math.floor(offset / blockBytes)
  const run = block < blocks ? runFrom(block, blocks - block) : undefined
  const stored = run === undefined ? Infinity : Math.max(offset, run.block * blockBytes)
  const besides = more !== undefined && offset < more.end ? Math.max(offset, more.start) : Infinity
  const found = Math.min(stored, besides)
  return found < deviceBytes ? found : undefined
}

function holeFrom({ blockBytes, blocks, deviceBytes, runFrom, more }: Holes, offset: number): number {
  let at = offset
  for (;;) {
    const before = at
    const block = Math.floor(at / blockBytes)
    const run = block < blocks ? runFrom(block, blocks - block) : undefined
    if (run !== undefined && run.block === block) at = (run.block + run.count) * blockBytes
    if (more !== undefined && at >= more.start && at < more.end) at = more.end
    if (at >= deviceBytes) return deviceBytes
    if (at === before) return at
  }
}
