/**
 * The plain tar of a chunk, in stretches that are decoded one by one. A position is a stretch and an offset
 * in it: of bzip2, nobody knows how many bytes are in the stretches before.
 */

import { decodeStretch } from '../compress/decode-stretch.ts'
import { findStretches, plainStretchBytes } from '../compress/find-stretches.ts'
import type { BlocksAsIs, PackedStretch } from '../compress/packed-stretch.ts'
import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import type { BytesAt } from '../media/bytes-at.ts'
import type { Room } from './room.ts'
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
    const { packed, compression, cache, threads } = this.#options
    try {
      const data = await cache.get(this.#keyOf(index), () =>
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
    if (this.#options.cache.has(this.#keyOf(index))) return
    const decode = async (): Promise<void> => {
      const stretch = this.#found[index] ?? (await this.#find(index))
      if (!stretch?.asIs) await this.bytes(index)
    }
    decode().catch(() => {}) // whoever needs it will be told
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

  /**
   * Up to `count` bytes, in the pieces that they are held in. Fewer only at the end of the chunk. Bytes that
   * need no decoding are put into `room`.
   */
  async read(from: Position, count: number, room?: Room): Promise<Buffer[]> {
    // The system's cache holds these already.
    if (this.#options.compression === 'none')
      return [await this.#stored(from.stretch * plainStretchBytes + from.offset, count, room)]
    const pieces: Buffer[] = []
    let { stretch, offset } = from
    for (let left = count; left > 0; stretch++) {
      const found = this.#found[stretch] ?? (await this.#find(stretch))
      if (found === undefined) break
      const { asIs, plainBytes } = found
      if (asIs !== undefined && plainBytes !== undefined) {
        const wanted = Math.max(0, Math.min(left, plainBytes - offset))
        if (wanted > 0) pieces.push(...(await this.#readAsIs(found.at, asIs, offset, wanted, room)))
        left -= wanted
        offset = Math.max(0, offset - plainBytes)
        continue
      }
      const data = await this.bytes(stretch)
      if (data === undefined) break
      const piece = data.subarray(offset, offset + left)
      if (piece.length > 0) pieces.push(piece)
      left -= piece.length
      offset = Math.max(0, offset - (data.length - piece.length))
    }
    return pieces
  }

  /** `count` bytes of the content of blocks that begin at `at`, without the headers between. */
  async #readAsIs(
    at: number,
    { firstAt, blockBytes, headerBytes }: BlocksAsIs,
    offset: number,
    count: number,
    room: Room | undefined,
  ): Promise<Buffer[]> {
    const placeOf = (plain: number): number => plain + Math.floor(plain / blockBytes) * headerBytes
    const from = placeOf(offset)
    const bytes = await this.#stored(at + firstAt + from, placeOf(offset + count - 1) + 1 - from, room)
    const pieces: Buffer[] = []
    for (let plain = offset; plain < offset + count;) {
      const end = Math.min(offset + count, (Math.floor(plain / blockBytes) + 1) * blockBytes)
      const begin = placeOf(plain) - from
      pieces.push(bytes.subarray(begin, begin + end - plain))
      plain = end
    }
    return pieces
  }

  #stored(at: number, count: number, room: Room | undefined): Promise<Buffer> {
    return this.#options.packed.read(at, count, room?.take(count))
  }

  #keyOf(index: number): string {
    return `${this.#options.key}${index}`
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
