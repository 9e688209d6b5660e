/**
 * Writes one chunk: tar, cut into segments that are compressed side by side, then encrypted, hashed and written in
 * order. Between two members `flush` tells how large the chunk is so far.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import tar from 'tar-stream'
import { type Compressor, segmentBytes } from '../compress/compress.ts'
import { type EncryptionKeys, type Encryptor, encryptor } from '../crypto/encrypt.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { removeFile, writeAll } from '../files/durable.ts'
import {
  paxMemberOf,
  type TarHeader,
  tarEndBytes,
  tarMemberBytes,
  ustarHeader,
} from '../format/tar-header.ts'

/** Uncompressed data goes on in pieces of this size, in which OpenPGP.js is fastest (measured: 316 MB/s). */
const plainSegmentBytes = 1 << 20

export interface ChunkWriterOptions {
  readonly file: string
  readonly compressor: Compressor
  readonly compressed: boolean
  /** Segments that are compressed side by side; one more may wait. */
  readonly lanes: number
  readonly keys: EncryptionKeys | undefined
}

export class ChunkWriter {
  readonly #options: ChunkWriterOptions
  readonly #pack = tar.pack()
  readonly #sha256 = createHash('sha256')
  readonly #segmentBytes: number
  #fd: number | undefined
  #encryptor: Encryptor | undefined
  #segment: Buffer | undefined
  #segmentLength = 0
  /** Memory of segments that are compressed. */
  readonly #free: Buffer[] = []
  #inWork: Promise<Uint8Array>[] = []
  #tarBytes = 0
  #expectedTarBytes = 0
  #storedBytes = 0
  #fileBytes = 0
  #failure: Error | undefined

  private constructor(options: ChunkWriterOptions) {
    this.#options = options
    this.#segmentBytes = options.compressed ? segmentBytes : plainSegmentBytes
    this.#fd = fs.openSync(options.file, 'wx', 0o644)
    this.#pack.on('data', (data) => this.#gather(data as Uint8Array))
    this.#pack.on('error', (error: Error) => (this.#failure ??= error))
  }

  /** Creates the file, which must not exist. */
  static async open(options: ChunkWriterOptions): Promise<ChunkWriter> {
    try {
      const writer = new ChunkWriter(options)
      if (options.keys) writer.#encryptor = await encryptor(options.keys, (data) => writer.#toFile(data))
      return writer
    } catch (error) {
      throw asButcherError(error, 'cannot write', options.file)
    }
  }

  /** A member whose content is `data`, or that has none; `data` may be used again once it resolves. */
  async add(header: TarHeader, data?: Uint8Array): Promise<void> {
    await this.#room(1)
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve())
      this.#pack.entry(this.#begun(header), (data ?? empty) as Buffer, done)
    })
    this.#expectedTarBytes += tarMemberBytes(header)
    await this.#taken()
  }

  /** A member of `header.size` bytes that come from `content`, at most that many; missing ones are zeros. */
  async addStream(header: TarHeader, content: Iterable<Uint8Array>): Promise<void> {
    await this.#room(1)
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve())
      const entry = this.#pack.entry(this.#begun(header), done)
      this.#feed(entry, header.size, content).catch(reject)
    })
    this.#expectedTarBytes += tarMemberBytes(header)
  }

  /** The header that follows its pax records, which are written: tar-stream takes none that are not text. */
  #begun(header: TarHeader): ReturnType<typeof ustarHeader> {
    const records = paxMemberOf(header)
    if (records) this.#pack.push(records)
    return ustarHeader(header)
  }

  /** Until everything written so far is in segments. */
  async #taken(): Promise<void> {
    while (this.#tarBytes < this.#expectedTarBytes) {
      this.#check()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #feed(entry: NodeJS.WritableStream, size: number, content: Iterable<Uint8Array>): Promise<void> {
    let left = size
    const write = async (data: Uint8Array): Promise<void> => {
      left -= data.length
      if (!entry.write(data as Buffer)) await new Promise((resolve) => entry.once('drain', resolve))
      await this.#room(1)
    }
    for (const data of content) await write(data)
    while (left > 0) await write(Buffer.alloc(Math.min(left, plainSegmentBytes)))
    entry.end()
  }

  /** Compresses what is gathered; resolves with the bytes of compressed tar so far, before encryption. */
  async flush(): Promise<number> {
    await this.#taken()
    if (this.#segmentLength > 0) this.#endSegment()
    await this.#room(0)
    return this.#storedBytes
  }

  /** Ends the tar, syncs the file, and tells what it became. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    try {
      this.#pack.finalize()
      this.#expectedTarBytes += tarEndBytes
      await this.flush()
      if (this.#tarBytes !== this.#expectedTarBytes) {
        throw new ButcherError(
          'internal',
          `the tar is ${this.#tarBytes} bytes, not ${this.#expectedTarBytes}`,
        )
      }
      await this.#encryptor?.end()
      this.#check()
      fs.fsyncSync(this.#fd as number)
      this.#close()
    } catch (error) {
      throw asButcherError(error, 'cannot write', this.#options.file)
    }
    return { bytes: this.#fileBytes, sha256: this.#sha256.digest('hex') }
  }

  /** Closes and removes the file. */
  async drop(): Promise<void> {
    this.#pack.destroy()
    await Promise.allSettled(this.#inWork)
    this.#close()
    removeFile(this.#options.file)
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) fs.closeSync(fd)
  }

  /** Copies: who wrote `data` may use its memory again. */
  #gather(data: Uint8Array): void {
    this.#tarBytes += data.length
    for (let done = 0; done < data.length;) {
      this.#segment ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#segmentBytes)
      const some = data.subarray(done, done + this.#segmentBytes - this.#segmentLength)
      this.#segment.set(some, this.#segmentLength)
      this.#segmentLength += some.length
      done += some.length
      if (this.#segmentLength === this.#segmentBytes) this.#endSegment()
    }
  }

  #endSegment(): void {
    const memory = this.#segment as Buffer
    const compressed = this.#options.compressor.compress(memory.subarray(0, this.#segmentLength))
    this.#segment = undefined
    this.#segmentLength = 0
    compressed.catch((error: Error) => (this.#failure ??= error))
    this.#inWork.push(
      compressed.then((data) => {
        if (this.#options.compressed) this.#free.push(memory)
        return data
      }),
    )
  }

  /** Writes finished segments, in order, until no more than `lanes` (or, at 0, none) are in work. */
  async #room(most: 0 | 1): Promise<void> {
    this.#check()
    while (this.#inWork.length > most * this.#options.lanes) {
      const compressed = await (this.#inWork.shift() as Promise<Uint8Array>)
      this.#storedBytes += compressed.length
      try {
        if (this.#encryptor) await this.#encryptor.write(compressed)
        else this.#toFile(compressed)
      } catch (error) {
        throw asButcherError(error, 'cannot write', this.#options.file)
      }
      this.#check()
    }
  }

  #toFile(data: Uint8Array): void {
    writeAll(this.#fd as number, data)
    this.#sha256.update(data)
    this.#fileBytes += data.length
  }

  #check(): void {
    if (this.#failure) throw this.#failure
  }
}

const empty = Buffer.alloc(0)
