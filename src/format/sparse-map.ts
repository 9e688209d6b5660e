/**
 * The data ranges of a sparse file, and their form in a tar: GNU tar's sparse format 1.0. The map precedes
 * the data. It has decimal numbers, each with a newline: the number of ranges, then offset and length of
 * each. Zeros pad it to whole blocks. Everything else in the file is zeros.
 */

/** A range of data in a file; ranges are in order, and do not touch or overlap. */
export interface DataRange {
  readonly offset: number
  readonly length: number
}

/**
 * Ranges begin and end at blocks of this size, except at the end of the file. GNU tar pads each range to
 * whole blocks, and other readers do not know that.
 */
export const sparseBlockBytes = 512
const blockBytes = sparseBlockBytes

export const dataBytes = (ranges: readonly DataRange[]): number =>
  ranges.reduce((sum, { length }) => sum + length, 0)

/** The data between `from` and `to` of the file, with offsets counted from `from`. */
export function rangesWithin(ranges: readonly DataRange[], from: number, to: number): DataRange[] {
  const within: DataRange[] = []
  for (const { offset, length } of ranges) {
    const start = Math.max(offset, from)
    const end = Math.min(offset + length, to)
    if (start < end) within.push({ offset: start - from, length: end - start })
  }
  return within
}

/** The bytes of data before `offset`. */
export const dataBefore = (ranges: readonly DataRange[], offset: number): number =>
  dataBytes(rangesWithin(ranges, 0, offset))

/** The file offset at which the first `bytes` of its data end. */
export function endOfData(ranges: readonly DataRange[], bytes: number): number {
  let left = bytes
  let end = 0
  for (const { offset, length } of ranges) {
    if (left <= 0) break
    end = offset + Math.min(left, length)
    left -= length
  }
  return end
}

/**
 * The map of a file of `sizeBytes`, in whole blocks. A hole at the end becomes a last range of no bytes, as
 * in GNU tar.
 */
export function formatSparseMap(ranges: readonly DataRange[], sizeBytes: number): Buffer {
  const last = ranges.at(-1)
  const all =
    last !== undefined && last.offset + last.length === sizeBytes
      ? ranges
      : [...ranges, { offset: sizeBytes, length: 0 }]
  const text = `${all.length}\n${all.map(({ offset, length }) => `${offset}\n${length}\n`).join('')}`
  return Buffer.concat([Buffer.from(text)], Math.ceil(text.length / blockBytes) * blockBytes)
}

/** The longest possible map, in bytes, for any part of a file of `sizeBytes` with this many ranges. */
export function sparseMapBound(ranges: number, sizeBytes: number): number {
  const number = String(sizeBytes).length + 1
  return Math.ceil((number + 2 * (ranges + 1) * number) / blockBytes) * blockBytes
}

/** The most ranges accepted in a map. */
const mostRangesRead = 65_536

/** Reads a map block by block. */
export class SparseMapReader {
  readonly #numbers: number[] = []
  #digits = ''
  #isBroken = false

  /** True once the map is complete, or known to be invalid. */
  add(block: Uint8Array): boolean {
    for (const byte of block) {
      if (this.#isComplete) return true
      if (byte === 0x0a && this.#digits !== '') {
        this.#numbers.push(Number(this.#digits))
        this.#digits = ''
      } else if (byte >= 0x30 && byte <= 0x39 && this.#digits.length < 16) {
        this.#digits += String.fromCharCode(byte)
      } else {
        this.#isBroken = true
      }
    }
    return this.#isComplete
  }

  get #isComplete(): boolean {
    const [count] = this.#numbers
    if (count !== undefined && count > mostRangesRead) this.#isBroken = true
    return this.#isBroken || (count !== undefined && this.#numbers.length === 1 + 2 * count)
  }

  /** The ranges, if they are valid: in order, within a file of `sizeBytes`, with `storedBytes` of data. */
  ranges(sizeBytes: number, storedBytes: number): DataRange[] | undefined {
    if (this.#isBroken || !this.#isComplete) return undefined
    const ranges: DataRange[] = []
    let end = 0
    for (let i = 1; i < this.#numbers.length; i += 2) {
      const offset = this.#numbers[i] as number
      const length = this.#numbers[i + 1] as number
      if (offset < end || offset + length > sizeBytes) return undefined
      end = offset + length
      if (length > 0) ranges.push({ offset, length })
    }
    return dataBytes(ranges) === storedBytes ? ranges : undefined
  }
}
