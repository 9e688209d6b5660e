/** Reads fields and stretches of a stream of bytes, for the parsers of compressed formats. */

export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>
  #bytes: Buffer = Buffer.alloc(0)
  #hasEnded = false
  /** The offset of the next byte in the stream. */
  offset = 0

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#pieces = input[Symbol.asyncIterator]()
  }

  /** The bytes that were read and not taken. Call `fill` first. */
  get ready(): Buffer {
    return this.#bytes
  }

  /** Reads until `count` bytes are ready. False if the stream ends before. */
  async fill(count: number): Promise<boolean> {
    if (this.#bytes.length >= count) return true
    const pieces: Uint8Array[] = [this.#bytes]
    let length = this.#bytes.length
    while (length < count && !this.#hasEnded) {
      const { value, done } = await this.#pieces.next()
      if (done) this.#hasEnded = true
      else {
        pieces.push(value)
        length += value.length
      }
    }
    const [first, second] = pieces as [Buffer, Uint8Array | undefined]
    if (second !== undefined) {
      this.#bytes =
        first.length === 0 && pieces.length === 2
          ? Buffer.from(second.buffer, second.byteOffset, second.length)
          : Buffer.concat(pieces, length)
    }
    return length >= count
  }

  /** The next `count` bytes, which are ready. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count)
    this.skip(count)
    return taken
  }

  /** Passes over `count` bytes, which are ready. */
  skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count)
    this.offset += count
  }

  /** Passes over `count` bytes. False if the stream ends before. */
  async pass(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      if (!(await this.fill(1))) return false
      const some = Math.min(left, this.#bytes.length)
      this.skip(some)
      left -= some
    }
    return true
  }

  /** The bytes that are ready, and all that follow. Closes the stream when the reader stops. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      do {
        const bytes = this.#bytes
        this.skip(bytes.length)
        if (bytes.length > 0) yield bytes
      } while (await this.fill(1))
    } finally {
      await this.close()
    }
  }

  /** Closes the stream. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
