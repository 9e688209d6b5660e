/**
 * Writes one chunk: the tar is compressed, encrypted, hashed and written, in order. Between two members,
 * `flush` returns the chunk's size so far.
 */

import type { CompressStream } from '../compress/compress-stream.ts'
import type { Compressor } from '../compress/compress-stream.ts'
import { type EncryptionKeys, type Encryptor, encryptor } from '../crypto/encrypt.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { NewFile } from '../files/new-file.ts'
import { toBlocks } from '../format/pax-records.ts'
import { paxMemberOf, type TarHeader, tarEndBytes, tarMemberBytes, ustarOf } from '../format/tar-header.ts'
import { blockBytes, writeUstar } from '../format/ustar.ts'

export interface ChunkWriterOptions {
  readonly file: string
  readonly compressor: Compressor
  /** The cores that compression may use at a time. */
  readonly parallelism: number
  readonly keys: EncryptionKeys | undefined
}

export class ChunkWriter {
  readonly #path: string
  readonly #file: NewFile
  readonly #stream: CompressStream
  #encryptor: Encryptor | undefined
  readonly #header = Buffer.alloc(blockBytes)
  #tarBytes = 0
  #expectedTarBytes = 0
  #storedBytes = 0

  private constructor({ file, compressor, parallelism }: ChunkWriterOptions) {
    this.#path = file
    this.#file = new NewFile(file)
    this.#stream = compressor.stream(parallelism, (data) => this.#store(data))
  }

  /** Creates the file, which must not exist. */
  static async open(options: ChunkWriterOptions): Promise<ChunkWriter> {
    try {
      const writer = new ChunkWriter(options)
      const { keys } = options
      if (keys) writer.#encryptor = await encryptor(keys, (data) => writer.#file.append(data))
      return writer
    } catch (error) {
      throw asButcherError(error, 'cannot write', options.file)
    }
  }

  /** Begins a member, whose `header.size` bytes follow by `write`. */
  begin(header: TarHeader): void {
    this.#expectedTarBytes = this.#tarBytes + tarMemberBytes(header)
    const records = paxMemberOf(header)
    if (records) this.#put(records)
    writeUstar(this.#header, 0, ustarOf(header))
    this.#put(this.#header)
  }

  /** More bytes of the member. You can reuse `data` as soon as this returns. Await the result. */
  write(data: Uint8Array): Promise<void> | undefined {
    this.#put(data)
    return this.#wait()
  }

  /** Ends the member. */
  end(header: TarHeader): void {
    const padding = toBlocks(header.size) - header.size
    if (padding > 0 && header.type === 'file') this.#put(zeros.subarray(0, padding))
    if (this.#tarBytes !== this.#expectedTarBytes)
      throw new ButcherError('internal', `the tar is ${this.#tarBytes} bytes, not ${this.#expectedTarBytes}`)
  }

  /**
   * Adds a member with the content `data`, or with none. You can reuse `data` as soon as this returns. Await
   * the result before you add more.
   */
  add(header: TarHeader, data: Uint8Array = empty): Promise<void> | undefined {
    this.begin(header)
    if (data.length > 0) this.#put(data)
    this.end(header)
    return this.#wait()
  }

  /** Adds a member of `header.size` bytes from `content`. Missing bytes become zeros. */
  async addStream(header: TarHeader, content: Iterable<Uint8Array>): Promise<void> {
    this.begin(header)
    for (const data of content) {
      this.#put(data)
      await this.#wait()
    }
    for (let left = this.#contentLeft(header); left > 0; left -= zeros.length) {
      this.#put(zeros.subarray(0, left))
      await this.#wait()
    }
    this.end(header)
  }

  /** Compresses the buffered data. Resolves with the compressed tar bytes so far, before encryption. */
  async flush(): Promise<number> {
    try {
      await this.#stream.flush()
    } catch (error) {
      throw this.#failed(error)
    }
    await this.#wait()
    return this.#storedBytes
  }

  /** Ends the tar, syncs the file, and returns its size and hash. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    this.#put(zeros.subarray(0, tarEndBytes))
    await this.flush()
    try {
      this.#encryptor?.end()
      return await this.#file.finish()
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** Closes and removes the file. */
  async drop(): Promise<void> {
    await this.#stream.drop()
    await this.#file.drop()
  }

  #contentLeft({ size }: TarHeader): number {
    return this.#expectedTarBytes - this.#tarBytes - (toBlocks(size) - size)
  }

  #put(data: Uint8Array): void {
    this.#tarBytes += data.length
    try {
      this.#stream.write(data)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #store(data: Uint8Array): void {
    this.#storedBytes += data.length
    if (this.#encryptor) this.#encryptor.write(data)
    else this.#file.append(data)
  }

  #wait(): Promise<void> | undefined {
    const waits = [this.#stream.wait(), this.#file.wait()].filter((wait) => wait !== undefined)
    if (waits.length === 0) return undefined
    return Promise.all(waits).then(
      () => undefined,
      (error: unknown) => {
        throw this.#failed(error)
      },
    )
  }

  #failed(error: unknown): ButcherError {
    return asButcherError(error, 'cannot write', this.#path)
  }
}

const empty = Buffer.alloc(0)
const zeros = Buffer.alloc(1 << 20)
