/** The whole items of one compression that wait to be stored. */

import type { Placed, Planned } from './planned.ts'

export interface ChunkBuffer<T> {
  items: Planned<T>[]
  bytes: number
  manifestBytes: number
  structures: number
}

/** The work of opening, hashing and recording one item, as bytes of content that take the same time. */
export const itemWeight = 4096

/** Limits the memory for a chunk's manifest. */
export const maxItemsPerChunk = 25_000

/** Extended attributes can make lines of 300 KB each. */
const maxManifestBytes = 64e6

export const emptyBuffer = <T>(): ChunkBuffer<T> => ({ items: [], bytes: 0, manifestBytes: 0, structures: 0 })

export function putInto<T>(buffer: ChunkBuffer<T>, planned: Planned<T>): void {
  buffer.items.push(planned)
  buffer.bytes += planned.bytes
  buffer.manifestBytes += planned.manifestBytes
  if (planned.isStructure) buffer.structures++
}

/** The most that a chunk gathers. `weight` is its share of the run. */
export interface ChunkLimit {
  readonly bytes: number
  readonly weight: number
}

const weightOf = (items: number, bytes: number): number => bytes + items * itemWeight

/** Whether the buffer holds enough for a chunk. */
export const isFull = ({ items, bytes, manifestBytes }: ChunkBuffer<unknown>, limit: ChunkLimit): boolean =>
  bytes >= limit.bytes ||
  weightOf(items.length, bytes) >= limit.weight ||
  items.length >= maxItemsPerChunk ||
  manifestBytes >= maxManifestBytes

/** Enough items for a chunk, from the front. */
export function frontOf<T>(buffer: ChunkBuffer<T>, limit: ChunkLimit): Placed<T>[] {
  const chosen: Placed<T>[] = []
  let bytes = 0
  let manifestBytes = 0
  for (const planned of buffer.items) {
    bytes += planned.bytes
    manifestBytes += planned.manifestBytes
    const isOver =
      bytes > limit.bytes ||
      weightOf(chosen.length + 1, bytes) > limit.weight ||
      manifestBytes > maxManifestBytes ||
      chosen.length >= maxItemsPerChunk
    if (isOver && chosen.length > 0) break
    chosen.push({ planned })
  }
  return chosen
}

export function removeTaken<T>(buffer: ChunkBuffer<T>, taken: ReadonlySet<Planned<T>>): void {
  if (taken.size === 0) return
  const left: Planned<T>[] = []
  for (const planned of buffer.items) {
    if (!taken.has(planned)) {
      left.push(planned)
      continue
    }
    buffer.bytes -= planned.bytes
    buffer.manifestBytes -= planned.manifestBytes
    if (planned.isStructure) buffer.structures--
  }
  buffer.items = left
}
