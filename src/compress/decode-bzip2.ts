/**
 * bzip2 in JavaScript, for machines without lbzip2 and bzip2. The stream that unbzip2-stream exports never
 * pauses. When its input ends, it queues all the rest, perhaps a gigabyte of zeros. So its decoder is called
 * here for one block at a time.
 */

import bitIterator from 'unbzip2-stream/lib/bit_iterator.js'
import bzip2 from 'unbzip2-stream/lib/bzip2.js'
import { ButcherError } from '../errors.ts'

/**
 * The most bytes of a compressed block in a stream with the largest block size: unbzip2-stream's own limit.
 */
const blockBytes = 925_000

/** Throws `damaged`. */
export async function* decodeBzip2(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The reader takes its first buffer immediately. An empty one makes it ask again.
  const waiting: Uint8Array[] = [new Uint8Array(0)]
  const bits = bitIterator(() => {
    const next = waiting.shift()
    if (next === undefined) throw new Error('the input is cut short')
    return next
  })
  let received = 0
  let blockSize = 0
  let checksum: number | null = null

  // Unread bytes. The reader counts a byte as read after its first bit.
  const left = (): number => received - bits.bytesRead
  const decodeOne = (): Uint8Array | undefined => {
    try {
      if (checksum === null) {
        blockSize = bzip2.header(bits)
        checksum = 0
        return undefined
      }
      const sizeBytes = 100_000 * blockSize
      const output = new GrowingBytes(sizeBytes)
      checksum = bzip2.decompress(bits, output.take, new Int32Array(sizeBytes), sizeBytes, checksum)
      return output.bytes()
    } catch (cause) {
      throw new ButcherError('damaged', 'the bzip2 data is damaged', { cause })
    }
  }

  for await (const bytes of input) {
    if (bytes.length === 0) continue
    waiting.push(bytes)
    received += bytes.length
    while (left() > blockBytes) {
      const decoded = decodeOne()
      if (decoded?.length) yield decoded
    }
  }
  while (left() > 0) {
    const decoded = decodeOne()
    if (decoded?.length) yield decoded
  }
  if (checksum !== null || received === 0) {
    throw new ButcherError('damaged', 'the bzip2 data is damaged: it is cut short')
  }
}

/** A block of equal bytes decodes to fifty times its size. As an array of numbers, it would take 370 MB. */
class GrowingBytes {
  private buffer: Uint8Array
  private length = 0

  constructor(sizeBytes: number) {
    this.buffer = new Uint8Array(sizeBytes)
  }

  readonly take = (byte: number): void => {
    if (this.length === this.buffer.length) {
      const larger = new Uint8Array(this.buffer.length * 2)
      larger.set(this.buffer)
      this.buffer = larger
    }
    this.buffer[this.length++] = byte
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }
}
