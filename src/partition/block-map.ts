/** Which blocks of a partition are stored, and as which one of the stored blocks. */

import os from 'node:os'
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

/** Pages of 8192 bits; equal neighbours share memory, so a map of free space costs next to nothing. */
const pageWords = 256
const pageBits = pageWords * 32
const slabPages = 1024

const isBigEndianHost = os.endianness() === 'BE'

/** A bitmap in memory, with a count of the used blocks before each page. */
export class BitMap implements BlockMap {
  readonly blocks: number
  #used = 0
  readonly #slabs: Uint32Array[] = []
  #slots = 0
  readonly #slotOf: Uint32Array
  readonly #usedBefore: Float64Array
  #pages = 0
  readonly #page = new Uint32Array(pageWords)
  readonly #pageBytes = Buffer.from(this.#page.buffer)
  /** Bytes of the page. */
  #filled = 0

  constructor(blocks: number) {
    this.blocks = blocks
    const pages = Math.ceil(blocks / pageBits)
    this.#slotOf = new Uint32Array(pages)
    this.#usedBefore = new Float64Array(pages + 1)
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
    if (this.#pages < this.#slotOf.length) throw damagedImage('the bitmap is too short')
    return this
  }

  #endPage(): void {
    const page = this.#page
    this.#pageBytes.fill(0, this.#filled)
    if (isBigEndianHost) this.#pageBytes.swap32()
    const left = this.blocks - this.#pages * pageBits
    if (left < pageBits) {
      const last = left >>> 5
      if (left % 32 > 0) page[last] = (page[last] as number) & (2 ** (left % 32) - 1)
      page.fill(0, Math.ceil(left / 32))
    }
    let count = 0
    for (let i = 0; i < pageWords; i++) count += ones(page[i] as number)
    this.#slotOf[this.#pages++] = this.#keep(page)
    this.#used += count
    this.#usedBefore[this.#pages] = this.#used
    this.#filled = 0
  }

  /** The slot of this page: that of the page before if they are equal. */
  #keep(page: Uint32Array): number {
    if (this.#slots > 0 && this.#isEqual(this.#slots - 1, page)) return this.#slots - 1
    const slot = this.#slots++
    const at = slot % slabPages
    if (at === 0) this.#slabs.push(new Uint32Array(pageWords * Math.min(slabPages, this.#slotOf.length)))
    this.#slabs.at(-1)?.set(page, at * pageWords)
    return slot
  }

  #isEqual(slot: number, page: Uint32Array): boolean {
    const slab = this.#slabOf(slot)
    const at = (slot % slabPages) * pageWords
    for (let i = 0; i < pageWords; i++) if (slab[at + i] !== page[i]) return false
    return true
  }

  #slabOf(slot: number): Uint32Array {
    return this.#slabs[Math.floor(slot / slabPages)] as Uint32Array
  }

  /** The words of 32 blocks of which the first is `block`, whole in one page. */
  #word(block: number): number {
    const slot = this.#slotOf[Math.floor(block / pageBits)] as number
    const inPage = (block % pageBits) >>> 5
    return this.#slabOf(slot)[(slot % slabPages) * pageWords + inPage] as number
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
      const word = ((this.#word(at) ^ flip) >>> bit) << bit
      const start = at - bit
      if (word !== 0) return Math.min(end, start + 31 - Math.clz32(word & -word))
      at = start + 32
    }
    return end
  }

  #rank(block: number): number {
    const page = Math.floor(block / pageBits)
    const slot = this.#slotOf[page] as number
    const slab = this.#slabOf(slot)
    const start = (slot % slabPages) * pageWords
    const inPage = block % pageBits
    let rank = this.#usedBefore[page] as number
    const whole = inPage >>> 5
    for (let i = 0; i < whole; i++) rank += ones(slab[start + i] as number)
    const rest = inPage % 32
    return rest === 0 ? rank : rank + ones((slab[start + whole] as number) & (2 ** rest - 1))
  }
}

/** The bits set in 32. Hacker's Delight, figure 5-2. */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x5555_5555)
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
