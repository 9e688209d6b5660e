/** Names the blocks that damaged data belong to. */

import type { BlockMap } from './block-map.ts'
import type { BlockRange } from './partition-image.ts'

/** More ranges of one damage than a user reads: the last one then covers the rest. */
const mostRanges = 65_536

/** Finds blocks by their rank. Ranks must rise from call to call. */
export class DamagedRanges {
  readonly #map: BlockMap
  readonly #blockBytes: number
  #block = 0
  #rank = 0

  constructor(map: BlockMap, blockBytes: number) {
    this.#map = map
    this.#blockBytes = blockBytes
  }

  /** The ranges of the used blocks from rank `first` to before rank `end`. */
  of(first: number, end: number): BlockRange[] {
    const ranges: { firstBlock: number; blocks: number }[] = []
    while (this.#rank < end) {
      const run = this.#map.runFrom(this.#block, Infinity)
      if (!run) break
      const from = Math.max(first, run.rank)
      const to = Math.min(end, run.rank + run.count)
      if (to > from) {
        const firstBlock = run.block + from - run.rank
        const last = ranges.at(-1)
        if (last && ranges.length >= mostRanges) last.blocks = firstBlock + to - from - last.firstBlock
        else ranges.push({ firstBlock, blocks: to - from })
      }
      if (end < run.rank + run.count) break
      this.#block = run.block + run.count
      this.#rank = run.rank + run.count
    }
    return ranges.map(({ firstBlock, blocks }) => rangeOf(firstBlock, blocks, this.#blockBytes))
  }
}

export const rangeOf = (firstBlock: number, blocks: number, blockBytes: number): BlockRange => ({
  firstBlock,
  blocks,
  offset: firstBlock * blockBytes,
  bytes: blocks * blockBytes,
})
