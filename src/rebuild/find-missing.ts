/** Finds the chunks that a set must have but that were not found. Pure data. */

import type { StoredLine } from '../format/manifest.ts'
import type { ReadChunk } from './read-chunk.ts'

/** A range of chunks without a gap. */
export interface MissingChunks {
  readonly first: number
  readonly last: number
  /** Null if no found chunk tells the disc. */
  readonly disc: number | null
  /** The backup of the chunks, or the earliest possible one. */
  readonly backup: number
}

interface Known {
  readonly chunk: number
  readonly disc: number
  readonly backup: number
}

/** The newest chunks known when a run began. A list shorter than `mostStored` is complete. */
interface Window {
  readonly first: number
  readonly last: number
}

const mostStored = 50

export function findMissing(
  chunks: readonly ReadChunk[],
  stored: ReadonlyMap<number, StoredLine>,
): MissingChunks[] {
  const found = new Set(chunks.map(({ chunk }) => chunk.chunk))
  const lines = [
    ...chunks.map(({ chunk }) => chunk),
    ...[...stored.values()].filter(({ chunk }) => !found.has(chunk)),
  ]
  const known = lines
    .map(({ chunk, disc, backup }): Known => ({ chunk, disc, backup }))
    .sort((a, b) => a.chunk - b.chunk)
  const windows = windowsOf(chunks)
  const missing: MissingChunks[] = []
  let before: Known = { chunk: 0, disc: 1, backup: 1 }
  for (const one of known) {
    for (const { first, last } of without({ first: before.chunk + 1, last: one.chunk - 1 }, windows)) {
      missing.push({ first, last, disc: before.disc === one.disc ? one.disc : null, backup: before.backup })
    }
    if (!found.has(one.chunk))
      missing.push({ first: one.chunk, last: one.chunk, disc: one.disc, backup: one.backup })
    before = one
  }
  return joined(missing)
}

function windowsOf(chunks: readonly ReadChunk[]): Window[] {
  const windows = new Map<number, Window>()
  for (const { chunk, stored, isCheckpoint } of chunks) {
    const [first, last] = [stored[0], stored.at(-1)]
    // A checkpoint lists all chunks before it: the newest of them may be dropped.
    if (isCheckpoint) windows.set(chunk.chunk - 1, { first: 1, last: chunk.chunk - 1 })
    if (!first || !last) continue
    const from = stored.length < mostStored || isCheckpoint ? 1 : first.chunk
    windows.set(last.chunk, { first: from, last: last.chunk })
  }
  return [...windows.values()].sort((a, b) => a.first - b.first)
}

/**
 * The parts of `range` outside all windows. An unlisted number inside a window belongs to a chunk that was
 * never completed.
 */
function without(range: Window, windows: readonly Window[]): Window[] {
  const left: Window[] = []
  let { first } = range
  for (const window of windows) {
    if (first > range.last) break
    if (window.last < first || window.first > range.last) continue
    if (window.first > first) left.push({ first, last: window.first - 1 })
    first = window.last + 1
  }
  if (first <= range.last) left.push({ first, last: range.last })
  return left
}

function joined(missing: readonly MissingChunks[]): MissingChunks[] {
  const ranges: MissingChunks[] = []
  for (const one of missing) {
    const before = ranges.at(-1)
    const continues =
      before?.last === one.first - 1 && before.disc === one.disc && before.backup === one.backup
    if (before && continues) ranges[ranges.length - 1] = { ...before, last: one.last }
    else ranges.push(one)
  }
  return ranges
}

/** `3-5, 9` */
export const showRanges = (ranges: readonly { readonly first: number; readonly last: number }[]): string =>
  ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
