/** A chunk in work, and when it may be sealed. */

import { formatLine, type ManifestLine } from '../format/manifest.ts'
import { itemWeight } from './chunk-buffer.ts'
import type { Placed } from './planned.ts'
import type { Work } from './plan-item.ts'
import type { Start } from './scheduler.ts'

/** Where a chunk is written, its final name, and the same of its journal record. */
export interface ChunkPaths {
  readonly newPath: string
  readonly finalPath: string
  readonly newJournalPath: string
  readonly journalPath: string
}

export interface OpenChunk {
  readonly start: Start<Work>
  readonly name: string
  /** All that was meant for it, and the numbers of what turned out to be stored elsewhere. */
  readonly placed: Placed<Work>[]
  readonly copies: Set<number>
  /** What is still to be sent to the worker. */
  readonly waiting: Placed<Work>[]
  /** Batches that the worker has not answered. */
  readonly unanswered: (readonly Placed<Work>[])[]
  /** `full`: everything is in it, but the lines that end its manifest. */
  state: 'filling' | 'full' | 'sealing'
  /** What became known of its items, and ends the manifest. */
  readonly lines: ManifestLine[]
  sourceBytes: number
  /** Items that are in it. */
  items: number
  /** The run was stopped before everything meant for it was in it. */
  isCut: boolean
}

export const openChunk = (start: Start<Work>, name: string): OpenChunk => ({
  start,
  name,
  placed: [...start.items],
  copies: new Set(),
  waiting: [...start.items],
  unanswered: [],
  state: 'filling',
  lines: [],
  sourceBytes: 0,
  items: 0,
  isCut: false,
})

/** A chunk that was cut short before it held so much is dropped: to store it again takes less than a second. */
const leastCutBytes = 4e6

/** Whether a chunk is stored though the run was stopped: many stops make no crowd of tiny chunks. */
export const isWorthSealing = ({ isCut, sourceBytes, items }: OpenChunk, chunkBytes: number): boolean =>
  !isCut || (items > 0 && sourceBytes + items * itemWeight >= Math.min(leastCutBytes, chunkBytes / 8))

/** What the lines that end the manifest take of it. */
export const endingBytes = ({ lines }: OpenChunk): number =>
  lines.reduce((sum, line) => sum + Buffer.byteLength(formatLine(line)), 0)

/**
 * The full chunk to seal next, and whether it is the last of the run: one that is says so, and is sealed when all others
 * are on their discs, so that what it says is true whenever it is read. Undefined: wait for the others.
 */
export function nextToSeal(
  open: ReadonlyMap<number, OpenChunk>,
  isAnythingLeft: () => boolean,
): { readonly worker: number; readonly isLast: boolean } | undefined {
  for (const [worker, chunk] of open) {
    if (chunk.state !== 'full') continue
    const others = [...open.values()].filter((other) => other !== chunk)
    if (others.some(({ state }) => state !== 'sealing') || isAnythingLeft()) return { worker, isLast: false }
    return others.length === 0 ? { worker, isLast: true } : undefined
  }
  return undefined
}
