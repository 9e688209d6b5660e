/** Whole items of one kind of compression that wait to be stored. */

import type { Placed, Planned } from './planned.ts'

export interface Basket<T> {
  items: Planned<T>[]
  bytes: number
  structures: number
}

/** So many members at the most, to bound what a chunk's manifest takes in memory. */
export const maxItemsPerChunk = 25_000

/** A chunk's worth of items from the front. */
export function frontOf<T>(basket: Basket<T>, chunkBytes: number): Placed<T>[] {
  const chosen: Placed<T>[] = []
  let bytes = 0
  for (const planned of basket.items) {
    if (chosen.length > 0 && (bytes + planned.bytes > chunkBytes || chosen.length >= maxItemsPerChunk)) break
    chosen.push({ planned })
    bytes += planned.bytes
  }
  return chosen
}

/** Takes items out. */
export function removeTaken<T>(basket: Basket<T>, taken: ReadonlySet<Planned<T>>): void {
  if (taken.size === 0) return
  const left: Planned<T>[] = []
  for (const planned of basket.items) {
    if (!taken.has(planned)) {
      left.push(planned)
      continue
    }
    basket.bytes -= planned.bytes
    if (planned.isStructure) basket.structures--
  }
  basket.items = left
}
