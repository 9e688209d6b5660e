/** A chunk that is being written, and when it may be sealed. */

import { formatLine, type ManifestLine } from '../format/manifest.ts'
import { itemWeight } from './chunk-buffer.ts'
import type { Placed } from './planned.ts'
import type { Work } from './plan-item.ts'
import type { Start } from './scheduler.ts'

/** The temporary and final paths of a chunk and of its journal record. */
export interface ChunkPaths {
  readonly newPath: string
  readonly finalPath: string
  readonly newJournalPath: string
  readonly journalPath: string
}

export interface OpenChunk {
  readonly start: Start<Work>
  readonly name: string
  /** All items planned for the chunk, and the numbers of those that another chunk stores. */
  readonly placed: Placed<Work>[]
  readonly copies: Set<number>
  /** Items that are not sent to the worker yet. */
  readonly waiting: Placed<Work>[]
  /** Batches that the worker has not answered. */
  readonly unanswered: (readonly Placed<Work>[])[]
  /** `full`: everything is in the chunk except the last lines of its manifest. */
  state: 'filling' | 'full' | 'sealing'
  /** Lines about its items that end the manifest. */
  readonly lines: ManifestLine[]
  sourceBytes: number
  /** Items in the chunk. */
  items: number
  /** The run was stopped before all planned items were in the chunk. */
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

/** A stopped chunk with less than this is dropped: storing it again takes less than a second. */
const leastCutBytes = 4e6

/** Whether a chunk of a stopped run is kept. Many stops must not leave many tiny chunks. */
export const isWorthSealing = ({ isCut, sourceBytes, items }: OpenChunk, chunkBytes: number): boolean =>
  !isCut || (items > 0 && sourceBytes + items * itemWeight >= Math.min(leastCutBytes, chunkBytes / 8))

/** The bytes of the lines that end the manifest. */
export const endingBytes = ({ lines }: OpenChunk): number =>
  lines.reduce((sum, line) => sum + Buffer.byteLength(formatLine(line)), 0)

/**
 * The full chunk to seal next, and whether it is the run's last. The last chunk says so in its manifest. It
 * is sealed after all others are on their discs, so that its manifest is always true. Undefined: wait for the
 * others.
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
