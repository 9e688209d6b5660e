/** The pages of a bitmap: in memory, or where the image has them. */

import os from 'node:os'
import { damagedImage } from './damaged-image.ts'

export const pageWords = 256
const pageBytes = pageWords * 4
export const pageBits = pageWords * 32

export interface BitPages {
  /** Called once for each page, in order. `words` is used again. */
  keep(page: number, words: Uint32Array): void
  /** Valid until the next call. */
  words(page: number): Uint32Array
}

const slabPages = 1024

/** Equal neighbours share memory, so a map of free space costs next to nothing. */
export class PagesInMemory implements BitPages {
  readonly #slabs: Uint32Array[] = []
  readonly #slotOf: Uint32Array
  #slots = 0

  constructor(blocks: number) {
    this.#slotOf = new Uint32Array(Math.ceil(blocks / pageBits))
  }

  keep(page: number, words: Uint32Array): void {
    if (this.#slots === 0 || !isEqual(this.#at(this.#slots - 1), words)) this.#add(words)
    this.#slotOf[page] = this.#slots - 1
  }

  words(page: number): Uint32Array {
    return this.#at(this.#slotOf[page] as number)
  }

  #add(words: Uint32Array): void {
    const slot = this.#slots++
    if (slot % slabPages === 0) {
      this.#slabs.push(new Uint32Array(pageWords * Math.min(slabPages, this.#slotOf.length)))
    }
    this.#at(slot).set(words)
  }

  #at(slot: number): Uint32Array {
    const start = (slot % slabPages) * pageWords
    return (this.#slabs[Math.floor(slot / slabPages)] as Uint32Array).subarray(start, start + pageWords)
  }
}

function isEqual(some: Uint32Array, others: Uint32Array): boolean {
  for (let i = 0; i < pageWords; i++) if (some[i] !== others[i]) return false
  return true
}

/** 4 MiB. They map 128 GiB in blocks of 4 KiB. */
const mostCached = 4096
const isBigEndianHost = os.endianness() === 'BE'

export interface StoredMap {
  readonly read: (offset: number, into: Uint8Array) => number
  /** In the image. */
  readonly start: number
  readonly blocks: number
}

/** Reads pages from the image again when they are needed. A map of 2 TB would take 61 MB of memory. */
export class PagesInFile implements BitPages {
  readonly #map: StoredMap
  readonly #cached: Uint32Array
  /** The page that is in a place of `cached`. */
  readonly #pageAt: Float64Array

  constructor(map: StoredMap) {
    this.#map = map
    const places = Math.min(mostCached, Math.ceil(map.blocks / pageBits))
    this.#cached = new Uint32Array(places * pageWords)
    this.#pageAt = new Float64Array(places).fill(-1)
  }

  keep(): void {}

  words(page: number): Uint32Array {
    const place = page % this.#pageAt.length
    const words = this.#cached.subarray(place * pageWords, (place + 1) * pageWords)
    if (this.#pageAt[place] !== page) {
      this.#pageAt[place] = -1
      this.#read(page, words)
      this.#pageAt[place] = page
    }
    return words
  }

  #read(page: number, words: Uint32Array): void {
    const { read, start, blocks } = this.#map
    const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength)
    const wanted = Math.min(pageBytes, Math.ceil(blocks / 8) - page * pageBytes)
    if (read(start + page * pageBytes, bytes.subarray(0, wanted)) < wanted) {
      throw damagedImage('its bitmap was cut after it was opened')
    }
    bytes.fill(0, wanted)
    if (isBigEndianHost) bytes.swap32()
  }
}
