/**
 * The plain tar of a chunk, in stretches that are decoded one by one. A position is a stretch and an offset
 * in it: of bzip2, nobody knows how many bytes are in the stretches before.
 */

import { decodeStretch } from '../compress/decode-stretch.ts'
import { findStretches, plainStretchBytes } from '../compress/find-stretches.ts'
import type { PackedStretch } from '../compress/packed-stretch.ts'
import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import type { BytesAt } from '../media/bytes-at.ts'
import type { StretchCache } from './stretch-cache.ts'

export interface Position {
  readonly stretch: number
  readonly offset: number
}

export const chunkStart: Position = { stretch: 0, offset: 0 }

export interface StretchOptions {
  /** Begins the keys in the cache. */
  readonly key: string
  readonly packed: BytesAt
  readonly compression: Compression
  readonly cache: StretchCache
  /** The threads that lbzip2 may use. */
  readonly threads: number
}

export class ChunkStretches {
  readonly #options: StretchOptions
  readonly #found: PackedStretch[] = []
  /** The size of each stretch, as far as it is known. */
  readonly #bytes: (number | undefined)[] = []
  readonly #damaged = new Map<number, ButcherError>()
  readonly #finder: AsyncIterator<PackedStretch>
  #finding: Promise<void> | undefined
  #allFound = false

  constructor(options: StretchOptions) {
    this.#options = options
    this.#finder = findStretches(options.packed, options.compression)[Symbol.asyncIterator]()
  }

  /** The content of a stretch; undefined behind the last one. Throws `damaged` and system errors. */
  async bytes(index: number): Promise<Buffer | undefined> {
    const stretch = this.#found[index] ?? (await this.#find(index))
    if (stretch === undefined) return undefined
    const damage = this.#damaged.get(index)
    if (damage !== undefined) throw damage
    const { key, packed, compression, cache, threads } = this.#options
    try {
      const data = await cache.get(`${key}${index}`, () =>
        decodeStretch(packed, stretch, compression, threads),
      )
      this.#bytes[index] = data.length
      return data
    } catch (error) {
      // It is not decoded again for every file in it.
      if (error instanceof ButcherError && error.code === 'damaged') this.#damaged.set(index, error)
      throw error
    }
  }

  /** Begins to decode a stretch that will be needed soon. */
  decodeSoon(index: number): void {
    if (this.#options.compression === 'none') return
    if (this.#options.cache.has(`${this.#options.key}${index}`)) return
    this.bytes(index).catch(() => {}) // whoever needs it will be told
  }

  /** The position `count` bytes on. Decodes what is between only if its size is not known. */
  async advance({ stretch, offset }: Position, count: number): Promise<Position> {
    let [index, left] = [stretch, offset + count]
    for (;;) {
      const bytes = this.#bytes[index] ?? (await this.#sizeOf(index))
      if (bytes === undefined || left < bytes) return { stretch: index, offset: left }
      left -= bytes
      index++
    }
  }

  /** Up to `count` bytes, in the pieces that they are held in. Fewer only at the end of the chunk. */
  async read(from: Position, count: number): Promise<Buffer[]> {
    const { packed, compression } = this.#options
    // The system's cache holds these already.
    if (compression === 'none')
      return [await packed.read(from.stretch * plainStretchBytes + from.offset, count)]
    const pieces: Buffer[] = []
    let { stretch, offset } = from
    for (let left = count; left > 0;) {
      const data = await this.bytes(stretch)
      if (data === undefined) break
      const piece = data.subarray(offset, offset + left)
      if (piece.length > 0) pieces.push(piece)
      left -= piece.length
      offset -= data.length - piece.length
      offset = Math.max(0, offset)
      stretch++
    }
    return pieces
  }

  async #sizeOf(index: number): Promise<number | undefined> {
    const found = this.#found[index] ?? (await this.#find(index))
    if (found === undefined) return undefined
    if (found.plainBytes === undefined) return (await this.bytes(index))?.length
    return (this.#bytes[index] = found.plainBytes)
  }

  async #find(index: number): Promise<PackedStretch | undefined> {
    while (this.#found.length <= index && !this.#allFound) {
      this.#finding ??= this.#findNext().finally(() => (this.#finding = undefined))
      await this.#finding
    }
    return this.#found[index]
  }

  async #findNext(): Promise<void> {
    const { value, done } = await this.#finder.next()
    if (done) this.#allFound = true
    else this.#found.push(value)
  }
}
