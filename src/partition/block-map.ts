/** Which blocks of a partition are stored, and as which one of the stored blocks. */

import os from 'node:os'
import { type BitPages, pageBits, PagesInMemory, pageWords } from './bit-pages.ts'
import { damagedImage } from './damaged-image.ts'

/** A run of used blocks. */
export interface UsedRun {
  readonly block: number
  readonly count: number
  /** The number of used blocks before this one. */
  readonly rank: number
}

export interface BlockMap {
  readonly blocks: number
  readonly used: number
  /**
   * The run of used blocks that begins at or after `from`, at most `most` long. Undefined if there is none.
   */
  runFrom(from: number, most: number): UsedRun | undefined
}

/** 64 TiB at 4 KiB. The map of an image with more would need gigabytes of memory. */
export const mostBlocks = 2 ** 34

/** Every block is stored. */
export const allUsed = (blocks: number): BlockMap => ({
  blocks,
  used: blocks,
  runFrom: (from, most) =>
    from < blocks ? { block: from, count: Math.min(most, blocks - from), rank: from } : undefined,
})

const isBigEndianHost = os.endianness() === 'BE'

/** A bitmap, with a count of the used blocks before each page in memory. */
export class BitMap implements BlockMap {
  readonly blocks: number
  #used = 0
  readonly #pages: BitPages
  readonly #usedBefore: Float64Array
  /** So many pages are there. */
  #ended = 0
  /** The page that was looked at last. */
  #number = -1
  #words: Uint32Array = new Uint32Array(0)
  readonly #page = new Uint32Array(pageWords)
  readonly #pageBytes = Buffer.from(this.#page.buffer)
  /** Bytes of the page. */
  #filled = 0

  constructor(blocks: number, pages: BitPages = new PagesInMemory(blocks)) {
    this.blocks = blocks
    this.#pages = pages
    this.#usedBefore = new Float64Array(Math.ceil(blocks / pageBits) + 1)
  }

  get used(): number {
    return this.#used
  }

  /** Adds the next blocks, 8 a byte, the first in the lowest bit. Bits after the last block do not count. */
  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const end = Math.min(bytes.length, done + this.#pageBytes.length - this.#filled)
      this.#pageBytes.set(bytes.subarray(done, end), this.#filled)
      this.#filled += end - done
      done = end
      if (this.#filled === this.#pageBytes.length) this.#endPage()
    }
  }

  /** Call it after the last byte. */
  finish(): this {
    if (this.#filled > 0) this.#endPage()
    if (this.#ended < this.#usedBefore.length - 1) throw damagedImage('the bitmap is too short')
    return this
  }

  #endPage(): void {
    const page = this.#page
    this.#pageBytes.fill(0, this.#filled)
    if (isBigEndianHost) this.#pageBytes.swap32()
    const left = this.blocks - this.#ended * pageBits
    if (left < pageBits) {
      const last = left >>> 5
      if (left % 32 > 0) page[last] = (page[last] as number) & (2 ** (left % 32) - 1)
      page.fill(0, Math.ceil(left / 32))
    }
    let count = 0
    for (let i = 0; i < pageWords; i++) count += ones(page[i] as number)
    this.#pages.keep(this.#ended++, page)
    this.#used += count
    this.#usedBefore[this.#ended] = this.#used
    this.#filled = 0
  }

  #wordsOf(page: number): Uint32Array {
    if (page !== this.#number) {
      this.#words = this.#pages.words(page)
      this.#number = page
    }
    return this.#words
  }

  /** The word of 32 blocks of which the first is `block`. */
  #word(block: number): number {
    return this.#wordsOf(Math.floor(block / pageBits))[(block % pageBits) >>> 5] as number
  }

  runFrom(from: number, most: number): UsedRun | undefined {
    const last = Math.min(this.blocks, from + most)
    const block = this.#find(from, 0, last)
    if (block >= last) return undefined
    const end = this.#find(block, 0xffff_ffff, last)
    return { block, count: end - block, rank: this.#rank(block) }
  }

  /** The first block from `from` on whose bit, exclusive-or `flip`, is set; `end` if there is none. */
  #find(from: number, flip: number, end = this.blocks): number {
    let at = from
    while (at < end) {
      const inPage = at % pageBits
      if (inPage === 0 && end - at >= pageBits && flip === 0) {
        const page = at / pageBits
        if (this.#usedBefore[page] === this.#usedBefore[page + 1]) {
          at += pageBits
          continue
        }
      }
      const bit = at % 32
      const word = ((this.#word(at - bit) ^ flip) >>> bit) << bit
      const start = at - bit
      if (word !== 0) return Math.min(end, start + 31 - Math.clz32(word & -word))
      at = start + 32
    }
    return end
  }

  #rank(block: number): number {
    const page = Math.floor(block / pageBits)
    const words = this.#wordsOf(page)
    const inPage = block % pageBits
    let rank = this.#usedBefore[page] as number
    const whole = inPage >>> 5
    for (let i = 0; i < whole; i++) rank += ones(words[i] as number)
    const rest = inPage % 32
    return rest === 0 ? rank : rank + ones((words[whole] as number) & (2 ** rest - 1))
  }
}

/** The bits set in 32. Hacker's Delight, figure 5-2. */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x5555_5555)
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
