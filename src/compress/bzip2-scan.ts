/**
 * Finds the blocks and the ends of streams in bzip2 data that comes in pieces, without decompressing it.
 * bzip2 and lbzip2 silently ignore all data after a stream that does not begin like another one. Here it is
 * damage.
 */

import { ButcherError } from '../errors.ts'
import { blockMagic, endMagic } from './bzip2-blocks.ts'

/** A magic, a checksum, the rest of a byte, and the beginning of the next stream. */
const lookaheadBytes = 24
const magicBytes = 6

interface Candidate {
  readonly shift: number
  readonly isEnd: boolean
}

/** By two whole bytes of a magic that begins `shift` bits after a byte: the second and the third. */
const candidates = new Map<number, Candidate>()
/** The keys of `candidates`, for a quick look. */
const isCandidate = new Uint8Array(65_536)
for (let shift = 0; shift < 8; shift++) {
  for (const [magic, isEnd] of [
    [blockMagic, false],
    [endMagic, true],
  ] as const) {
    const key = Number((magic >> BigInt(24 + shift)) & 0xffffn)
    candidates.set(key, { shift, isEnd })
    isCandidate[key] = 1
  }
}
if (candidates.size !== 16) throw new Error('two magics have the same bytes')

export interface Bzip2Parts {
  /** A block begins at the bit `at` of the data. */
  readonly block?: (at: number, checksum: number) => void
  /** A stream ends: its end mark is at the bit `at`. */
  readonly end?: (at: number) => void
}

export class Bzip2Scanner {
  readonly #parts: Bzip2Parts
  #kept: Buffer = Buffer.alloc(0)
  /** The offset of `#kept`. */
  #offset = 0
  /** The checksum of the blocks of the stream so far. */
  #checksum = 0
  /** The offset after the last end of a stream, or undefined in a stream. */
  #endedAt: number | undefined = 0

  constructor(parts: Bzip2Parts = {}) {
    this.#parts = parts
  }

  /** The last bytes that were pushed and that are looked at again. */
  get keptBytes(): number {
    return this.#kept.length
  }

  push(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#kept, bytes])
    const end = Math.max(0, all.length - lookaheadBytes)
    this.#scan(all, end)
    this.#kept = all.subarray(end)
    this.#offset += end
  }

  /** Throws `damaged` if the data does not end with a stream. */
  finish(): void {
    this.#scan(this.#kept, this.#kept.length)
    const end = this.#offset + this.#kept.length
    if (this.#endedAt === undefined || end === 0) throw damaged('it is cut short')
    if (this.#endedAt < end) this.#checkRest(this.#kept.subarray(this.#endedAt - this.#offset))
  }

  /** Looks at the magics that begin in the first `end` bytes. */
  #scan(bytes: Buffer, end: number): void {
    let ended = (this.#endedAt ?? -1) - this.#offset
    for (let at = 0; at < end; at++) {
      if (at === ended) this.#begin(bytes, at)
      // The two bytes lie between the first and the last byte of a magic.
      const key = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
      if (isCandidate[key] === 1) {
        this.#look(bytes, at, candidates.get(key) as Candidate)
        ended = (this.#endedAt ?? -1) - this.#offset
      }
    }
  }

  #look(bytes: Buffer, at: number, { shift, isEnd }: Candidate): void {
    if (at + magicBytes + 4 + (shift > 0 ? 1 : 0) > bytes.length) return
    if (bitsAt(bytes, at, shift, magicBytes) !== (isEnd ? endMagic : blockMagic)) return
    const checksum = Number(bitsAt(bytes, at + magicBytes, shift, 4))
    const bit = (this.#offset + at) * 8 + shift
    if (!isEnd) {
      this.#checksum = (((this.#checksum << 1) | (this.#checksum >>> 31)) ^ checksum) >>> 0
      this.#endedAt = undefined
      this.#parts.block?.(bit, checksum)
      return
    }
    const after = at + magicBytes + 4 + (shift > 0 ? 1 : 0)
    const follows = bytes.subarray(after, after + 4)
    const isFollowed = follows.length === 0 || isHead(follows) || follows.every((byte) => byte === 0)
    // A block may hold the bits of the magic. Such an end has neither the right checksum nor the right bytes
    // after it.
    if (!isFollowed && checksum !== this.#checksum) return
    this.#endedAt = this.#offset + after
    this.#checksum = 0
    this.#parts.end?.(bit)
  }

  /** A stream begins, or the rest of the data. */
  #begin(bytes: Buffer, at: number): void {
    const head = bytes.subarray(at, at + 4)
    if (this.#offset + at === 0 && !isHead(head)) throw damaged('it is not bzip2 data')
    if (isHead(head)) this.#endedAt = undefined
    else {
      this.#checkRest(bytes.subarray(at))
      this.#endedAt = this.#offset + bytes.length
    }
  }

  #checkRest(rest: Buffer): void {
    // Devices and tapes fill up the last block with zeros.
    if (rest.some((byte) => byte !== 0)) throw damaged('data follows its end')
  }
}

const isHead = (bytes: Buffer): boolean => /^BZh[1-9]/.test(bytes.toString('latin1'))

/** `count` bytes, at most 6, from the bit `shift` of the byte `at` on. */
function bitsAt(bytes: Buffer, at: number, shift: number, count: number): bigint {
  let value = 0n
  for (let i = 0; i <= count; i++) value = (value << 8n) | BigInt(bytes[at + i] ?? 0)
  return (value >> BigInt(8 - shift)) & ((1n << BigInt(8 * count)) - 1n)
}

/** Passes bzip2 data on, and throws `damaged` at its end if it is cut short or if other data follows it. */
export async function* checkBzip2(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const scanner = new Bzip2Scanner()
  for await (const bytes of input) {
    scanner.push(bytes)
    yield bytes
  }
  scanner.finish()
}

const damaged = (why: string): ButcherError =>
  new ButcherError('damaged', `the bzip2 data is damaged: ${why}`)
