/**
 * Reads a tar as a stream, synchronously: a restore passes each piece directly to its file. Supports ustar,
 * the pax records `path` and `size`, and sparse files in GNU tar's format 1.0. Skips other entries by their
 * size.
 */

import { ButcherError } from '../errors.ts'
import { pathFromBytes } from './path-text.ts'
import { type DataRange, SparseMapReader } from './sparse-map.ts'

export interface TarMember {
  readonly name: string
  /** The size of a sparse file with its holes; undefined if its map is invalid. */
  readonly sizeBytes: number | undefined
  readonly isFile: boolean
  /** The bytes of its data in the tar, after the map of a sparse file. */
  readonly storedBytes: number
  /** Of a sparse file: the ranges that its data fills. */
  readonly ranges?: readonly DataRange[]
}

export interface TarSink {
  /** A member begins. If this returns false, its data is skipped, without calls of `data` and `end`. */
  readonly begin: (member: TarMember) => boolean
  readonly data: (bytes: Uint8Array) => void
  /** This many zeros, which are not in the tar. */
  readonly hole: (length: number) => void
  readonly end: () => void
}

const blockBytes = 512
/** Enough for a path and link of 4,096 bytes, a few numbers, and all extended attributes of a member. */
const maxPaxBytes = 1 << 20

export class TarReader {
  readonly #sink: TarSink
  readonly #header = Buffer.alloc(blockBytes)
  #headerLength = 0
  /** The missing bytes of the entry and its padding. */
  #left = 0
  #padding = 0
  #goes: 'sink' | 'pax' | 'map' | 'nowhere' = 'nowhere'
  #pax: Buffer[] = []
  #next: PaxRecords = {}
  #sparse: SparseMember | undefined
  #ended = false

  constructor(sink: TarSink) {
    this.#sink = sink
  }

  /** Throws `damaged` at an invalid tar header. */
  feed(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#ended) {
      if (this.#left > 0) {
        // A map ends at the end of a block.
        const most = this.#goes === 'map' ? Math.min(this.#left, this.#toBlockEnd()) : this.#left
        const piece = bytes.subarray(at, at + most)
        at += piece.length
        this.#left -= piece.length
        if (this.#goes === 'map') this.#takeMap(piece)
        else if (this.#goes === 'sink') this.#take(piece)
        else if (this.#goes === 'pax') this.#pax.push(Buffer.from(piece))
        if (this.#left === 0) this.#finishEntry()
      } else if (this.#padding > 0) {
        const step = Math.min(this.#padding, bytes.length - at)
        at += step
        this.#padding -= step
      } else {
        const piece = bytes.subarray(at, at + blockBytes - this.#headerLength)
        this.#header.set(piece, this.#headerLength)
        this.#headerLength += piece.length
        at += piece.length
        if (this.#headerLength === blockBytes) {
          this.#headerLength = 0
          this.#startEntry(this.#header)
        }
      }
    }
  }

  /** Whether the end of the tar was reached. */
  get ended(): boolean {
    return this.#ended
  }

  #startEntry(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.#ended = true
      return
    }
    checkSum(header)
    const type = String.fromCharCode(header[156] as number)
    const sizeBytes = this.#next.sizeBytes ?? number(header, 124, 12)
    if (type === 'x') {
      if (sizeBytes > maxPaxBytes) throw damaged('its pax records are too long')
      this.#goes = 'pax'
      this.#pax = []
    } else {
      const isFile = type === '0' || type === '\0' || type === '7'
      const { path, sparse } = this.#next
      this.#next = {}
      if (isFile && sparse !== undefined) {
        this.#sparse = { ...sparse, map: new SparseMapReader(), mapBytes: 0, ranges: [], range: 0, at: 0 }
        this.#goes = 'map'
        if (sizeBytes === 0) {
          this.#sink.begin({ name: sparse.name, sizeBytes: undefined, isFile, storedBytes: 0 })
        }
      } else {
        const name = path ?? ustarName(header)
        this.#goes = this.#sink.begin({ name, sizeBytes, isFile, storedBytes: sizeBytes })
          ? 'sink'
          : 'nowhere'
      }
    }
    this.#left = sizeBytes
    this.#padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes
    if (sizeBytes === 0) this.#finishEntry()
  }

  #finishEntry(): void {
    if (this.#goes === 'sink') {
      this.#hole(this.#sparse?.sizeBytes)
      this.#sink.end()
    } else if (this.#goes === 'pax') this.#next = paxRecords(Buffer.concat(this.#pax))
    this.#goes = 'nowhere'
    this.#pax = []
    this.#sparse = undefined
  }

  #toBlockEnd(): number {
    return blockBytes - ((this.#sparse?.mapBytes ?? 0) % blockBytes)
  }

  /** A piece of a sparse file's map, within one block. The member begins once the map is complete. */
  #takeMap(piece: Uint8Array): void {
    const sparse = this.#sparse as SparseMember
    sparse.mapBytes += piece.length
    const isComplete = sparse.map.add(piece)
    if (this.#left > 0 && (!isComplete || sparse.mapBytes % blockBytes !== 0)) return
    const ranges = sparse.map.ranges(sparse.sizeBytes, this.#left)
    sparse.ranges = ranges ?? []
    const sizeBytes = ranges === undefined ? undefined : sparse.sizeBytes
    const isWanted = this.#sink.begin({
      name: sparse.name,
      sizeBytes,
      isFile: true,
      storedBytes: this.#left,
      ranges: sparse.ranges,
    })
    this.#goes = isWanted && ranges !== undefined ? 'sink' : 'nowhere'
  }

  /** Data of a file; for a sparse file, with the holes before it. */
  #take(piece: Uint8Array): void {
    const sparse = this.#sparse
    if (sparse === undefined) return this.#sink.data(piece)
    for (let at = 0; at < piece.length;) {
      const range = sparse.ranges[sparse.range] as DataRange
      this.#hole(range.offset)
      const some = piece.subarray(at, at + range.offset + range.length - sparse.at)
      this.#sink.data(some)
      at += some.length
      sparse.at += some.length
      if (sparse.at === range.offset + range.length) sparse.range++
    }
  }

  /** The hole up to `end`, if there is one. */
  #hole(end: number | undefined): void {
    const sparse = this.#sparse
    if (sparse === undefined || end === undefined || end <= sparse.at) return
    this.#sink.hole(end - sparse.at)
    sparse.at = end
  }
}

function ustarName(header: Buffer): string {
  const name = text(header, 0, 100)
  const isUstar = header.toString('latin1', 257, 262) === 'ustar'
  const prefix = isUstar ? text(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return pathFromBytes(Buffer.from(end < 0 ? field : field.subarray(0, end)))
}

/** Octal digits, or a base-256 number if the highest bit is set. */
function number(header: Buffer, at: number, length: number): number {
  const first = header[at] as number
  let value = 0
  if ((first & 0x80) !== 0) {
    value = first & 0x7f
    for (let i = 1; i < length; i++) value = value * 256 + (header[at + i] as number)
  } else {
    const digits = header
      .toString('latin1', at, at + length)
      .replace(/[\0 ]+$/, '')
      .trim()
    if (!/^[0-7]*$/.test(digits)) throw damaged('a number in it is none')
    value = digits === '' ? 0 : Number.parseInt(digits, 8)
  }
  if (!Number.isSafeInteger(value)) throw damaged('a number in it is out of range')
  return value
}

function checkSum(header: Buffer): void {
  let sum = 8 * 0x20
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += header[i] as number
  if (number(header, 148, 8) !== sum) throw damaged('what should be a header is none')
}

/** The fields of an entry in pax records. */
interface PaxRecords {
  readonly path?: string
  readonly sizeBytes?: number
  readonly sparse?: { readonly name: string; readonly sizeBytes: number }
}

/** The state of reading a sparse file. */
interface SparseMember {
  readonly name: string
  readonly sizeBytes: number
  readonly map: SparseMapReader
  mapBytes: number
  ranges: readonly DataRange[]
  /** The next or current range. */
  range: number
  at: number
}

/** `LENGTH key=value\n`, one after the other. */
function paxRecords(bytes: Buffer): PaxRecords {
  const found = new Map<string, Buffer>()
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space))
    if (!Number.isSafeInteger(length) || length <= space - at + 1 || at + length > bytes.length) {
      throw damaged('its pax records are broken')
    }
    const record = bytes.subarray(space + 1, at + length - 1)
    const equals = record.indexOf(0x3d)
    found.set(record.toString('latin1', 0, Math.max(equals, 0)), record.subarray(equals + 1))
    at += length
  }
  const path = found.get('path')
  const sizeBytes = paxSize(found.get('size'))
  const isSparse = found.get('GNU.sparse.major')?.equals(one) && found.get('GNU.sparse.minor')?.equals(zero)
  const sparseSize = isSparse ? paxSize(found.get('GNU.sparse.realsize')) : undefined
  const sparseName = found.get('GNU.sparse.name') ?? path
  return {
    ...(path === undefined ? {} : { path: pathFromBytes(Buffer.from(path)) }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(sparseSize === undefined || sparseName === undefined
      ? {}
      : { sparse: { name: pathFromBytes(Buffer.from(sparseName)), sizeBytes: sparseSize } }),
  }
}

const one = Buffer.from('1')
const zero = Buffer.from('0')

function paxSize(value: Buffer | undefined): number | undefined {
  if (value === undefined) return undefined
  const size = Number(value.toString('latin1'))
  if (!Number.isSafeInteger(size) || size < 0) throw damaged('a size in it is none')
  return size
}

const damaged = (why: string): ButcherError => new ButcherError('damaged', `the tar is damaged: ${why}`)
