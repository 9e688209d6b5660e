/**
 * gzip (RFC 1952), member by member, over zlib's inflate. Node's own gunzip takes all that follows a member
 * for garbage if it does not begin like another one, and ends without an error. That may be half the file.
 * Here it is damage.
 */

import zlib from 'node:zlib'
import { ButcherError, systemText } from '../errors.ts'
import { ByteSource } from './byte-source.ts'
import {
  blockPlaces,
  deflateWindowBytes,
  type DeflatePlace,
  inflateFrom,
  restartAt,
} from './deflate-restart.ts'
import { Inflater } from './inflater.ts'

/** Compressed bytes given to zlib at once: bounds its output to 64 MiB. */
const pieceBytes = 65_536
/** The same while points are wanted, so that they are at most some 16 MiB of zeros apart. */
const indexedPieceBytes = 16_384
/** The compressed bytes that are searched for a place, and those that prove it. */
const searchedBytes = 131_072
const proofBytes = 16_384
/** Fewer equal bytes, at the end of a member, may be chance. */
const leastProofBytes = 1024

/** A place of which decoding can begin. */
export interface GzipPoint {
  /** `member`: the header of a member. `deflate`: a place in a deflate stream. */
  readonly kind: 'member' | 'deflate'
  /** Its byte is an offset in the file. */
  readonly place: DeflatePlace
  /** The output before it, for deflate. */
  readonly window: Uint8Array
}

/**
 * Asks for points. `found` is called for each member, and for places where `isDue`, before the output from
 * there.
 */
export interface GzipPoints {
  readonly isDue: () => boolean
  readonly found: (point: GzipPoint) => void
}

/** Throws `damaged`, after all good data. */
export async function* gunzipMembers(
  input: AsyncIterable<Uint8Array>,
  points?: GzipPoints,
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(input)
  let members = 0
  try {
    while (await source.fill(1)) {
      if (members > 0 && source.ready[0] === 0) {
        await passZeros(source)
        return
      }
      const at = source.offset
      await readHeader(source, members)
      points?.found({ kind: 'member', place: { byte: at, bit: 0, isStored: false }, window: empty })
      yield* new Member(source, points).data()
      members++
    }
    if (members === 0) throw cutShort()
  } finally {
    await source.close()
  }
}

const empty = Buffer.alloc(0)

/** Devices and tapes fill up the last block with zeros. */
async function passZeros(source: ByteSource): Promise<void> {
  while (await source.fill(1)) {
    if (source.ready.some((byte) => byte !== 0)) throw damaged('data follows its end')
    source.skip(source.ready.length)
  }
}

async function readHeader(source: ByteSource, members: number): Promise<void> {
  if (!(await source.fill(10))) throw cutShort()
  const header = source.take(10)
  const [magic, method, flags] = [header.readUInt16BE(0), header[2], header[3] as number]
  if (magic !== 0x1f8b) throw damaged(members === 0 ? 'it is not gzip data' : 'data follows its end')
  if (method !== 8 || (flags & 0xe0) !== 0) throw damaged('its header has a form that is not known')
  if ((flags & 4) !== 0) {
    if (!(await source.fill(2))) throw cutShort()
    if (!(await source.pass(source.take(2).readUInt16LE(0)))) throw cutShort()
  }
  for (const text of [8, 16]) if ((flags & text) !== 0) await passText(source)
  if ((flags & 2) !== 0 && !(await source.pass(2))) throw cutShort()
}

async function passText(source: ByteSource): Promise<void> {
  for (;;) {
    if (!(await source.fill(1))) throw cutShort()
    const end = source.ready.indexOf(0)
    source.skip(end < 0 ? source.ready.length : end + 1)
    if (end >= 0) return
  }
}

class Member {
  readonly #source: ByteSource
  readonly #points: GzipPoints | undefined
  readonly #inflater = new Inflater()
  #checksum = 0
  #length = 0
  /** The end of the output. */
  #window: Buffer = empty

  constructor(source: ByteSource, points: GzipPoints | undefined) {
    this.#source = source
    this.#points = points
  }

  async *data(): AsyncGenerator<Uint8Array> {
    try {
      while (!this.#inflater.hasEnded) {
        if (this.#points?.isDue()) yield* this.#search(this.#points)
        else yield* await this.#inflate(this.#points ? indexedPieceBytes : pieceBytes)
      }
    } finally {
      this.#inflater.close()
    }
    if (!(await this.#source.fill(8))) throw cutShort()
    const trailer = this.#source.take(8)
    if (trailer.readUInt32LE(0) !== this.#checksum) throw damaged('its checksum does not match')
    if (trailer.readUInt32LE(4) !== this.#length % 2 ** 32) throw damaged('its length does not match')
  }

  /** Inflates the next compressed bytes, at most `most`. */
  async #inflate(most: number): Promise<readonly Buffer[]> {
    if (!(await this.#source.fill(1))) throw cutShort()
    const { taken, output } = await this.#feed(this.#source.ready.subarray(0, most))
    this.#source.skip(taken)
    for (const bytes of output) {
      this.#checksum = zlib.crc32(bytes, this.#checksum)
      this.#length += bytes.length
    }
    this.#keepWindow(output)
    return output
  }

  async #feed(bytes: Buffer): ReturnType<Inflater['feed']> {
    try {
      return await this.#inflater.feed(bytes)
    } catch (error) {
      throw damaged(systemText(error), error)
    }
  }

  #keepWindow(output: readonly Buffer[]): void {
    if (this.#points === undefined) return
    const last = output.at(-1)
    if (last === undefined) return
    const joined = last.length >= deflateWindowBytes ? last : Buffer.concat([this.#window, ...output])
    this.#window = joined.subarray(-deflateWindowBytes)
  }

  /** Inflates up to a place at which a restart gives the right bytes, or past the bytes that are searched. */
  async *#search(points: GzipPoints): AsyncGenerator<Uint8Array> {
    await this.#source.fill(searchedBytes + proofBytes)
    const bytes = this.#source.ready
    if (bytes.length === 0) throw cutShort()
    const base = this.#source.offset
    const searched = bytes.subarray(0, Math.min(bytes.length, searchedBytes))
    for (const place of blockPlaces(searched)) {
      // A block that begins within a byte gives no output for the rest of that byte.
      const end = place.byte + (place.bit > 0 ? 1 : 0)
      yield* this.#inflateTo(base + end)
      if (this.#inflater.hasEnded) return
      const window = Buffer.from(this.#window)
      const start = base + end
      if (this.#source.offset > start) continue
      const proof = await this.#inflate(proofBytes)
      const restarted = restartAt(place, bytes.subarray(place.byte, this.#source.offset - base))
      const isRight = sameOutput(restarted, window, proof)
      if (isRight) points.found({ kind: 'deflate', place: { ...place, byte: base + place.byte }, window })
      yield* proof
      if (isRight || this.#inflater.hasEnded) return
    }
    yield* this.#inflateTo(base + searched.length)
  }

  async *#inflateTo(offset: number): AsyncGenerator<Uint8Array> {
    while (this.#source.offset < offset && !this.#inflater.hasEnded) {
      yield* await this.#inflate(Math.min(indexedPieceBytes, offset - this.#source.offset))
    }
  }
}

function sameOutput(data: Buffer, window: Uint8Array, output: readonly Buffer[]): boolean {
  const expected = Buffer.concat(output)
  if (expected.length < leastProofBytes) return false
  try {
    return inflateFrom(data, window, expected.length).equals(expected)
  } catch {
    return false
  }
}

const cutShort = (): ButcherError => damaged('it is cut short')
const damaged = (why: string, cause?: unknown): ButcherError =>
  new ButcherError('damaged', `the gzip data is damaged: ${why}`, cause === undefined ? {} : { cause })
