/**
 * Where the data of a sparse file is, and how a tar says it: GNU tar's sparse format 1.0. The map stands in front of the
 * data, as decimal numbers each ended by a newline, filled up with zeros to whole blocks: how many ranges there are, then
 * offset and length of each. Everything else is zeros.
 */

/** A stretch of data in a file; ranges are in order, and do not touch or overlap. */
export interface DataRange {
  readonly offset: number
  readonly length: number
}

/**
 * Every range begins and ends with a block of this size, but for the end of the file: GNU tar fills each range up to whole
 * blocks, which other readers know nothing of.
 */
export const sparseBlockBytes = 512
const blockBytes = sparseBlockBytes

export const dataBytes = (ranges: readonly DataRange[]): number =>
  ranges.reduce((sum, { length }) => sum + length, 0)

/** What lies in `from` to `to` of the file, counted from `from`. */
export function rangesWithin(ranges: readonly DataRange[], from: number, to: number): DataRange[] {
  const within: DataRange[] = []
  for (const { offset, length } of ranges) {
    const start = Math.max(offset, from)
    const end = Math.min(offset + length, to)
    if (start < end) within.push({ offset: start - from, length: end - start })
  }
  return within
}

/** How many bytes of data come before `offset`. */
export const dataBefore = (ranges: readonly DataRange[], offset: number): number =>
  dataBytes(rangesWithin(ranges, 0, offset))

/** Where in the file the first `bytes` of its data end. */
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

/** The map of a file of `sizeBytes`, in whole blocks. A hole at its end is a last range of no bytes, as GNU tar has it. */
export function formatSparseMap(ranges: readonly DataRange[], sizeBytes: number): Buffer {
  const last = ranges.at(-1)
  const all =
    last !== undefined && last.offset + last.length === sizeBytes
      ? ranges
      : [...ranges, { offset: sizeBytes, length: 0 }]
  const text = `${all.length}\n${all.map(({ offset, length }) => `${offset}\n${length}\n`).join('')}`
  return Buffer.concat([Buffer.from(text)], Math.ceil(text.length / blockBytes) * blockBytes)
}

/** At most how long the map is, in bytes, of any part of a file of `sizeBytes` with so many ranges. */
export function sparseMapBound(ranges: number, sizeBytes: number): number {
  const number = String(sizeBytes).length + 1
  return Math.ceil((number + 2 * (ranges + 1) * number) / blockBytes) * blockBytes
}

/** So many ranges a map may have that is read. */
const mostRangesRead = 65_536

/** Reads a map block by block. */
export class SparseMapReader {
  readonly #numbers: number[] = []
  #digits = ''
  #isBroken = false

  /** True once the map is complete, or known to be none. */
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

  /** The ranges, if they are those of a file of `sizeBytes`, in order and within it, whose data is `storedBytes` long. */
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
