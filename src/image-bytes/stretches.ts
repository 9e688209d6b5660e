/**
 * Unwrapped bytes as stretches that can each be decoded alone. A bounded cache keeps the last ones, so that
 * sequential reads decode each stretch once.
 */

import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import type { RandomAccess } from './image-bytes.ts'
import type { StoredBytes } from './stored-parts.ts'

/** Decoded stretches that are kept, together. One alone may be larger. */
const keptBytes = 64 << 20
/**
 * A larger stretch, unwrapped or stored, is not decoded for a read. The image goes into the cache instead.
 */
export const mostStretchBytes = 128 << 20
/** Stretches are at least this long where the format allows it: every restart costs memory or disk space. */
const leastStretchBytes = 1 << 20
/** Longer images get longer stretches, so that their number grows slowly. */
const stretchesPerDoubling = 8192

export interface Stretches<Point> {
  readonly size: number
  /** The offsets of the stretches in the unwrapped bytes, rising. The first is 0. */
  readonly starts: readonly number[]
  /** The offsets of the stretches in the stored bytes, and of their end. */
  readonly offsets: readonly number[]
  readonly points: readonly Point[]
  /** The CRC-32 of each, as the pass over the image found it. Undefined if there was no pass. */
  readonly checksums: readonly number[] | undefined
}

/** Gathers stretches while an image is unwrapped once. */
export class StretchBuilder<Point> {
  readonly #starts: number[] = []
  readonly #offsets: number[] = []
  readonly #points: Point[] = []
  readonly #checksums: number[] = []
  #size = 0
  #checksum = 0
  #longest = 0

  /** The length of the last stretch. */
  get length(): number {
    return this.#size - (this.#starts.at(-1) ?? 0)
  }

  get last(): Point | undefined {
    return this.#points.at(-1)
  }

  /** Whether the last stretch is so long that another one may begin. */
  get isDue(): boolean {
    return this.length >= Math.max(leastStretchBytes, this.#size / stretchesPerDoubling)
  }

  /** Whether the last stretch is longer than one may be. */
  get isTooLong(): boolean {
    return this.length > mostStretchBytes
  }

  /** A stretch begins at the end of the bytes that were taken, `offset` in the stored bytes. */
  begin(offset: number, point: Point): void {
    if (this.#points.length > 0 && this.length === 0) {
      this.#points.pop()
      this.#starts.pop()
      this.#offsets.pop()
    } else this.#end()
    this.#points.push(point)
    this.#offsets.push(offset)
    this.#starts.push(this.#size)
  }

  take(bytes: Uint8Array): void {
    this.#checksum = zlib.crc32(bytes, this.#checksum)
    this.#size += bytes.length
  }

  #end(): void {
    if (this.#points.length === 0) return
    this.#longest = Math.max(this.#longest, this.length)
    this.#checksums.push(this.#checksum)
    this.#checksum = 0
  }

  /** All stretches of a file of `storedBytes`. Undefined if one of them is too long. */
  stretches(storedBytes: number): Stretches<Point> | undefined {
    this.#end()
    const offsets = [...this.#offsets, storedBytes]
    const longest = offsets.reduce(
      (most, at, i) => Math.max(most, at - (offsets[i - 1] ?? at)),
      this.#longest,
    )
    if (longest > mostStretchBytes) return undefined
    return {
      size: this.#size,
      starts: this.#starts,
      offsets,
      points: this.#points,
      checksums: this.#checksums,
    }
  }
}

/** The stored bytes of stretch `i`. */
export function readStored(stored: StoredBytes, { offsets }: Stretches<unknown>, i: number): Buffer {
  const [from, to] = offsets.slice(i, i + 2) as [number, number]
  const bytes = Buffer.allocUnsafeSlow(to - from)
  stored.readSync(from, bytes)
  return bytes
}

/**
 * Reads through `decode`, which gives the bytes of stretch `i` of `length` bytes. It throws `damaged`, or any
 * error of a decompressor. `close` is called at the end.
 */
export function readStretches<Point>(
  { size, starts, checksums }: Stretches<Point>,
  decode: (i: number, length: number) => Buffer,
  close: () => void = () => {},
): RandomAccess {
  const kept = new Map<number, Buffer>()
  let bytes = 0

  const stretch = (i: number): Buffer => {
    const known = kept.get(i)
    if (known !== undefined) {
      kept.delete(i)
      kept.set(i, known)
      return known
    }
    const length = (starts[i + 1] ?? size) - (starts[i] as number)
    const decoded = decode(i, length)
    if (decoded.length !== length || (checksums && zlib.crc32(decoded) !== checksums[i])) {
      throw new ButcherError('damaged', `the bytes from ${starts[i]} on are not those that were read before`)
    }
    for (const [old, buffer] of kept) {
      if (bytes + length <= keptBytes) break
      kept.delete(old)
      bytes -= buffer.length
    }
    kept.set(i, decoded)
    bytes += length
    return decoded
  }

  return {
    size,
    readAtSync: (offset, into) => {
      let done = 0
      while (done < into.length && offset + done < size) {
        const i = lastAtOrBefore(starts, offset + done)
        const from = offset + done - (starts[i] as number)
        done += stretch(i).copy(into, done, from, from + into.length - done)
      }
      return done
    },
    close: () => {
      kept.clear()
      close()
    },
  }
}

/** The last of the rising `starts` that is not above `offset`. */
function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
