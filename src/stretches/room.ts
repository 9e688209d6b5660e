/** Memory for the bytes of one answer. It is used again for the next answer. */

export class Room {
  readonly #bytes: Buffer
  #used = 0

  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes)
  }

  /** Undefined if it is full. */
  take(bytes: number): Buffer | undefined {
    const end = this.#used + bytes
    if (end > this.#bytes.length) return undefined
    const taken = this.#bytes.subarray(this.#used, end)
    this.#used = end
    return taken
  }

  /** All that was taken may be overwritten from now on. */
  clear(): void {
    this.#used = 0
  }
}
