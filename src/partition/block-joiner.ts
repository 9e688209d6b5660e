/** Joins adjacent pieces of the partition to larger ones. Large pieces pass without a copy. */

import type { Blocks } from './partition-image.ts'

export const joinedBytes = 1 << 20
/** A copy costs less than a step of the reader. */
const smallBytes = 64 << 10

export class BlockJoiner {
  readonly #reuse: boolean
  #buffer: Buffer = Buffer.allocUnsafeSlow(joinedBytes)
  #spare: Buffer | undefined
  #offset = 0
  #length = 0

  /** `reuse`: what is given out is valid until the next call. */
  constructor(reuse: boolean) {
    this.#reuse = reuse
  }

  /** Returns what is complete, in order. */
  add(offset: number, bytes: Uint8Array): readonly Blocks[] {
    const isLarge = bytes.length >= smallBytes
    const isNext = this.#length > 0 && offset === this.#offset + this.#length
    if (!isLarge && isNext && this.#length + bytes.length <= joinedBytes) {
      this.#append(bytes)
      return []
    }
    const before = this.end()
    if (isLarge) return [...before, { offset, bytes }]
    this.#offset = offset
    this.#append(bytes)
    return before
  }

  /** Returns the rest. */
  end(): readonly Blocks[] {
    if (this.#length === 0) return []
    const bytes = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    if (!this.#reuse) return [{ offset: this.#offset, bytes: Buffer.from(bytes) }]
    // The buffer that is given out now is in use until the next call.
    const next = this.#spare ?? Buffer.allocUnsafeSlow(joinedBytes)
    this.#spare = this.#buffer
    this.#buffer = next
    return [{ offset: this.#offset, bytes }]
  }

  #append(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }
}
