/**
 * Keeps the compressed segments of an unpacked file, so that a segment that stays the same is not compressed
 * again. Each stream is decompressed separately, so its content is certain.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { segmentBytes } from './compress.ts'
import { type Bytes, decompress } from './decompress.ts'

/** The first bytes of a non-empty `bzip2 -9` stream: its header, and that of its first block. */
const streamHead = Buffer.from('BZh91AY&SY', 'latin1')
/** A longer stream is from another program. Incompressible data grows by 1 % and 600 bytes. */
const mostPackedBytes = segmentBytes * 1.02

interface Segment {
  readonly at: number
  readonly bytes: number
}

export class PackedSegments {
  readonly #file: string
  readonly #places = new Map<string, Segment>()

  /** Keeps the streams in the new file `file`. Do not remove it while `find` is used. */
  constructor(file: string) {
    this.#file = file
  }

  /**
   * Decompresses the bzip2 streams in `input`, `parallelism` of them at a time. Throws as `decompress` does,
   * and the system's errors if the file cannot be written.
   */
  async *unpack(input: Bytes, parallelism: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const fd = fs.openSync(this.#file, 'wx', 0o600)
    const inWork: Decoding[] = []
    let at = 0
    const give = async function* (this: PackedSegments): AsyncGenerator<Uint8Array> {
      const next = inWork[0] as Decoding
      yield* next.bytes()
      if (next.digest !== undefined && next.place) this.#places.set(next.digest, next.place)
      inWork.shift()
    }.bind(this)
    try {
      for await (const stream of streamsOf(input)) {
        if (stream instanceof Uint8Array) {
          fs.writeFileSync(fd, stream)
          inWork.push(new Decoding(only(stream), 1, signal, { at, bytes: stream.length }))
          at += stream.length
        } else inWork.push(new Decoding(stream, parallelism, signal))
        if (inWork.length === parallelism) yield* give()
      }
      while (inWork.length > 0) yield* give()
    } finally {
      fs.closeSync(fd)
      await Promise.all(inWork.map((decoding) => decoding.drop()))
    }
  }

  /** The compressed form of `segment`, if it is known. */
  find(segment: Uint8Array): Buffer | undefined {
    if (this.#places.size === 0) return undefined
    const place = this.#places.get(createHash('sha256').update(segment).digest('base64'))
    if (!place) return undefined
    const packed = Buffer.allocUnsafeSlow(place.bytes)
    const fd = fs.openSync(this.#file, 'r')
    try {
      return fs.readSync(fd, packed, 0, place.bytes, place.at) === place.bytes ? packed : undefined
    } finally {
      fs.closeSync(fd)
    }
  }
}

/** A stream being decompressed. Up to one segment of it is read ahead. */
class Decoding {
  readonly place: Segment | undefined
  /** The hash of all output. Set at the end, if the output is not larger than a segment. */
  digest: string | undefined
  readonly #decoded: AsyncIterator<Uint8Array>
  readonly #begun: Promise<Uint8Array[]>
  #isWhole = false

  constructor(packed: Bytes, parallelism: number, signal: AbortSignal | undefined, place?: Segment) {
    this.place = place
    this.#decoded = decompress(packed, 'bz2', parallelism, signal)[Symbol.asyncIterator]()
    this.#begun = this.#begin()
    this.#begun.catch(() => {}) // reported when it is awaited
  }

  async #begin(): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = []
    for (let bytes = 0; bytes <= segmentBytes;) {
      const { value, done } = await this.#decoded.next()
      if (done) {
        this.#isWhole = true
        break
      }
      pieces.push(value)
      bytes += value.length
    }
    return pieces
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for (const piece of await this.#begun) {
      hash.update(piece)
      yield piece
    }
    if (this.#isWhole) this.digest = hash.digest('base64')
    else for (let more; !(more = await this.#decoded.next()).done;) yield more.value
  }

  async drop(): Promise<void> {
    await this.#begun.catch(() => {})
    await this.#decoded.return?.()
  }
}

/**
 * Each stream of `input`. A stream that is longer than a segment is the last: an iterable with all the rest.
 */
async function* streamsOf(input: Bytes): AsyncGenerator<Uint8Array | Bytes> {
  let stream = Buffer.alloc(0)
  const pieces = input[Symbol.asyncIterator]()
  let isOurs = true
  try {
    for (;;) {
      const { value, done } = await pieces.next()
      if (done) break
      const searched = Math.max(1, stream.length - streamHead.length + 1)
      stream = Buffer.concat([stream, value])
      for (let from = searched; ;) {
        const next = stream.indexOf(streamHead, from)
        if (next < 0) break
        yield stream.subarray(0, next)
        stream = stream.subarray(next)
        from = 1
      }
      if (stream.length > mostPackedBytes) {
        isOurs = false
        return yield follow(stream, pieces)
      }
    }
    yield stream
  } finally {
    if (isOurs) await pieces.return?.()
  }
}

async function* follow(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let more; !(more = await rest.next()).done;) yield more.value
  } finally {
    await rest.return?.()
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
