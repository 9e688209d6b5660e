/** Finds the clusters of an ntfsclone image: runs of stored ones, with the place of their first record. */

import type { StoredRun } from './image-layout.ts'

export class RecordIndex {
  readonly #blockBytes: number
  #first = new Float64Array(1024)
  #count = new Float64Array(1024)
  #base = new Float64Array(1024)
  #runs = 0
  #isSorted = true

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
  }

  /** Clusters of an image with metadata only do not come in rising order, and some come twice. */
  add(cluster: number, position: number): void {
    const last = this.#runs - 1
    if (last >= 0 && cluster === (this.#first[last] as number) + (this.#count[last] as number)) {
      this.#count[last] = (this.#count[last] as number) + 1
      return
    }
    if (last >= 0 && cluster < (this.#first[last] as number)) this.#isSorted = false
    this.#addRun(cluster, 1, position)
  }

  /** Call it after the last cluster. */
  finish(): RecordIndex {
    if (this.#isSorted) return this
    const order = Array.from({ length: this.#runs }, (_, i) => i).sort(
      (a, b) => (this.#first[a] as number) - (this.#first[b] as number),
    )
    const sorted = new RecordIndex(this.#blockBytes)
    let end = 0
    for (const i of order) {
      const first = this.#first[i] as number
      const count = this.#count[i] as number
      const known = Math.max(0, end - first)
      if (known >= count) continue
      const base = (this.#base[i] as number) + known * (this.#blockBytes + 1)
      sorted.#addRun(first + known, count - known, base)
      end = first + count
    }
    return sorted
  }

  #addRun(first: number, count: number, base: number): void {
    if (this.#runs === this.#first.length) this.#grow()
    this.#first[this.#runs] = first
    this.#count[this.#runs] = count
    this.#base[this.#runs++] = base
  }

  #grow(): void {
    const larger = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const made = new Float64Array(old.length * 2)
      made.set(old)
      return made
    }
    this.#first = larger(this.#first)
    this.#count = larger(this.#count)
    this.#base = larger(this.#base)
  }

  runFrom(from: number, most: number): StoredRun | undefined {
    let [low, high] = [0, this.#runs]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#first[middle] as number) + (this.#count[middle] as number) > from) high = middle
      else low = middle + 1
    }
    if (low === this.#runs) return undefined
    const first = this.#first[low] as number
    const block = Math.max(from, first)
    const count = Math.min(most, first + (this.#count[low] as number) - block)
    return { block, count, base: this.#base[low] as number, skip: (block - first) * this.#blockBytes }
  }
}
