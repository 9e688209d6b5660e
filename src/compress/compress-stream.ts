/** Compresses data that comes in pieces. The output between two flushes is whole streams of the format. */

export interface Compressor {
  /** Returns one whole stream of the format. */
  readonly compress: (segment: Uint8Array) => Promise<Uint8Array>
  /** For data that comes in pieces; uses up to `parallelism` cores at a time. */
  readonly stream: (parallelism: number, onData: OnCompressed) => CompressStream
  readonly close: () => Promise<void>
}

export interface CompressStream {
  /** Copies `data`, so that you can reuse it. */
  write(data: Uint8Array): void
  /** The promise to await before more is written, which limits memory. Rejects if compressing failed. */
  wait(): Promise<void> | undefined
  /** Resolves when everything written is compressed and passed on. */
  flush(): Promise<void>
  /** Ends the stream. Nothing more is passed on. */
  drop(): Promise<void>
}

/** Takes the compressed data, in order. The data is valid only during the call. */
export type OnCompressed = (data: Uint8Array) => void

/** Passes the content on unchanged. */
export const notCompressed = (onData: OnCompressed): CompressStream => ({
  write: onData,
  wait: () => undefined,
  flush: async () => {},
  drop: async () => {},
})

/** Compresses segments separately, `parallelism` of them at a time. */
export class SegmentStream implements CompressStream {
  readonly #compress: Compressor['compress']
  readonly #parallelism: number
  readonly #onData: OnCompressed
  readonly #segmentBytes: number
  #segment: Buffer | undefined
  #length = 0
  readonly #free: Buffer[] = []
  readonly #inWork: Promise<Uint8Array>[] = []

  constructor(
    compress: Compressor['compress'],
    segmentBytes: number,
    parallelism: number,
    onData: OnCompressed,
  ) {
    this.#compress = compress
    this.#segmentBytes = segmentBytes
    this.#parallelism = parallelism
    this.#onData = onData
  }

  write(data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      this.#segment ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#segmentBytes)
      const some = data.subarray(done, done + this.#segmentBytes - this.#length)
      this.#segment.set(some, this.#length)
      this.#length += some.length
      done += some.length
      if (this.#length === this.#segmentBytes) this.#end()
    }
  }

  wait(): Promise<void> | undefined {
    return this.#inWork.length > this.#parallelism ? this.#give(this.#parallelism) : undefined
  }

  async flush(): Promise<void> {
    if (this.#length > 0) this.#end()
    await this.#give(0)
  }

  async drop(): Promise<void> {
    await Promise.allSettled(this.#inWork)
  }

  #end(): void {
    const memory = this.#segment as Buffer
    const compressed = this.#compress(memory.subarray(0, this.#length))
    this.#segment = undefined
    this.#length = 0
    compressed.then(
      () => this.#free.push(memory),
      () => {}, // #give reports the error
    )
    this.#inWork.push(compressed)
  }

  /** Passes on finished segments, in order, until at most `most` are left. */
  async #give(most: number): Promise<void> {
    while (this.#inWork.length > most) this.#onData(await (this.#inWork.shift() as Promise<Uint8Array>))
  }
}
