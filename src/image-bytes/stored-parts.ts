/** The files that hold an image, read as one. */

import fs from 'node:fs'
import { promisify } from 'node:util'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'

interface Part {
  readonly file: string
  readonly start: number
  readonly size: number
  fd: number | undefined
}

/** A split image of a large disk may have more parts than a process may have open files. */
const mostOpen = 32
const pieceBytes = 1 << 20

const read = promisify(fs.read) as (
  fd: number,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>

/** Stored bytes at which a reader can begin anywhere. */
export interface StoredBytes {
  readonly size: number
  readonly files: readonly string[]
  /** Identifies the content: it changes if a file is written or replaced. */
  readonly identity: string
  /** Returns the bytes that were read, which are fewer than asked for only at the end. Throws `io`. */
  readSync(offset: number, into: Uint8Array): number
  /** The bytes from `from` to `to`. Throws `io`, and `aborted` once `signal` says so. */
  stream(signal?: AbortSignal, from?: number, to?: number): AsyncIterable<Uint8Array>
  close(): void
}

export class StoredParts implements StoredBytes {
  readonly size: number
  readonly files: readonly string[]
  readonly identity: string
  readonly #parts: readonly Part[]
  readonly #open: Part[] = []
  #isClosed = false

  /** Throws `source` or `io` if a file cannot be opened or is not a regular file. */
  constructor(files: readonly string[]) {
    this.files = files
    let size = 0
    const identity: string[] = []
    this.#parts = files.map((file) => {
      const stat = statOf(file)
      const part = { file, start: size, size: Number(stat.size), fd: undefined }
      identity.push(`${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`)
      size += part.size
      return part
    })
    this.size = size
    this.identity = identity.join(' ')
    if (this.#parts[0] !== undefined) this.#descriptor(this.#parts[0])
  }

  readSync(offset: number, into: Uint8Array): number {
    return this.#eachPart(offset, into, (part, done, length) =>
      fs.readSync(this.#descriptor(part), into, done, length, offset + done - part.start),
    )
  }

  #eachPart(
    offset: number,
    into: Uint8Array,
    readPart: (part: Part, done: number, length: number) => number,
  ): number {
    let done = 0
    while (done < into.length && offset + done < this.size) {
      const part = this.#partAt(offset + done)
      const length = Math.min(into.length - done, part.start + part.size - offset - done)
      done += this.#checked(part, () => readPart(part, done, length))
    }
    return done
  }

  #checked(part: Part, readSome: () => number): number {
    let bytes: number
    try {
      bytes = readSome()
    } catch (error) {
      throw asButcherError(error, 'cannot read', part.file)
    }
    if (bytes === 0) throw becameShorter(part.file)
    return bytes
  }

  /** The next piece is read while the reader works on one. */
  async *stream(signal?: AbortSignal, from = 0, to = this.size): AsyncGenerator<Uint8Array> {
    let next = this.#piece(from, to)
    try {
      for (let at = from; at < to;) {
        throwIfAborted(signal)
        const piece = await next
        at += piece.length
        next = this.#piece(at, to)
        yield piece
      }
    } finally {
      await next.catch(() => {})
    }
  }

  async #piece(at: number, to: number): Promise<Buffer> {
    if (at >= to) return Buffer.alloc(0)
    const part = this.#partAt(at)
    const length = Math.min(pieceBytes, part.start + part.size - at, to - at)
    const bytes = Buffer.allocUnsafeSlow(length)
    let done = 0
    try {
      while (done < length) {
        const fd = this.#descriptor(part)
        const { bytesRead } = await read(fd, bytes, done, length - done, at + done - part.start)
        if (bytesRead === 0) throw becameShorter(part.file)
        done += bytesRead
      }
    } catch (error) {
      throw asButcherError(error, 'cannot read', part.file)
    }
    return bytes
  }

  /** The part that holds the byte at `offset`. */
  #partAt(offset: number): Part {
    let [low, high] = [0, this.#parts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#parts[middle] as Part).start <= offset) low = middle
      else high = middle - 1
    }
    return this.#parts[low] as Part
  }

  #descriptor(part: Part): number {
    if (part.fd !== undefined) return part.fd
    if (this.#isClosed) throw new ButcherError('internal', `${part.file} is read after it was closed`)
    try {
      part.fd = fs.openSync(part.file, 'r')
    } catch (error) {
      throw asButcherError(error, 'cannot open', part.file)
    }
    this.#open.push(part)
    if (this.#open.length > mostOpen) closePart(this.#open.shift() as Part)
    return part.fd
  }

  close(): void {
    this.#isClosed = true
    for (const part of this.#open.splice(0)) closePart(part)
  }
}

function closePart(part: Part): void {
  if (part.fd !== undefined) fs.closeSync(part.fd)
  part.fd = undefined
}

function statOf(file: string): fs.BigIntStats {
  let stat: fs.BigIntStats
  try {
    stat = fs.statSync(file, { bigint: true })
  } catch (error) {
    throw asButcherError(error, 'cannot open', file)
  }
  if (!stat.isFile()) {
    throw new ButcherError('source', `cannot read ${file}: it is not a regular file`, { path: file })
  }
  return stat
}

const becameShorter = (file: string): ButcherError =>
  new ButcherError('io', `cannot read ${file}: it became shorter while it was read`, { path: file })
