/** Ranges of stored files in memory, for readers that jump. */

import type { Store } from '../store/store.ts'

const blockBytes = 4 << 20
const mostBlocks = 16

export class RangeCache {
  readonly #store: Store
  /** The least recently used first. */
  readonly #blocks = new Map<string, Promise<Buffer>>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Fills `buffer` from `offset` within one block; resolves with the count. `bytes`: of the whole file. */
  async readAt(path: string, bytes: number, buffer: Uint8Array, offset: number): Promise<number> {
    if (offset >= bytes) return 0
    const at = Math.floor(offset / blockBytes)
    const block = await this.#block(path, bytes, at)
    const from = offset - at * blockBytes
    const part = block.subarray(from, from + buffer.length)
    buffer.set(part)
    return part.length
  }

  #block(path: string, bytes: number, at: number): Promise<Buffer> {
    const key = `${at} ${path}`
    const block = this.#blocks.get(key) ?? this.#fetch(path, bytes, at, key)
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= mostBlocks) break
      this.#blocks.delete(oldest)
    }
    return block
  }

  async #fetch(path: string, bytes: number, at: number, key: string): Promise<Buffer> {
    try {
      const offset = at * blockBytes
      const length = Math.min(blockBytes, bytes - offset)
      const pieces: Buffer[] = []
      for await (const piece of this.#store.get(path, { offset, length })) pieces.push(piece as Buffer)
      return Buffer.concat(pieces)
    } catch (error) {
      this.#blocks.delete(key)
      throw error
    }
  }
}
