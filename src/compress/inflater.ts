/**
 * zlib's inflate for data in pieces, which reports how many bytes it took and whether the deflate stream has
 * ended.
 */

import zlib from 'node:zlib'

const outputBytes = 256 * 1024

export class Inflater {
  readonly #inflate = zlib.createInflateRaw({ chunkSize: outputBytes })
  #output: Buffer[] = []
  #reject: (error: Error) => void = () => {}
  #hasEnded = false

  constructor() {
    this.#inflate.on('data', (data: Buffer) => this.#output.push(data))
    this.#inflate.on('end', () => (this.#hasEnded = true))
    this.#inflate.on('error', (error) => this.#reject(error))
  }

  /** True after the last block, once `feed` has given more bytes than the stream has. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Returns the bytes that were taken, and all output that they give. Throws zlib's errors. */
  async feed(bytes: Uint8Array): Promise<{ taken: number; output: readonly Buffer[] }> {
    const before = this.#inflate.bytesWritten
    await new Promise<void>((resolve, reject) => {
      this.#reject = reject
      this.#inflate.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
    const output = this.#output
    this.#output = []
    return { taken: this.#inflate.bytesWritten - before, output }
  }

  close(): void {
    this.#inflate.on('error', () => {})
    this.#inflate.destroy()
  }
}
