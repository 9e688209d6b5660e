/**
 * Reads the packets of an OpenPGP message as a stream (RFC 9580, 4.2): a header with kind and length, and a
 * body, perhaps in pieces. Memory holds only one piece, whoever made the message.
 */

import { ButcherError } from '../errors.ts'

/** Reads bytes out of pieces of any length. */
export class ByteSource {
  readonly #input: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)
  #taken = 0

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]()
  }

  /** From 1 to `max` bytes, or undefined at the end. */
  async some(max: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#input.next()
      if (done) return undefined
      this.#rest = value as Uint8Array
    }
    const taken = this.#rest.subarray(0, max)
    this.#rest = this.#rest.subarray(taken.length)
    this.#taken += taken.length
    return taken
  }

  /** The number of bytes returned so far. */
  get taken(): number {
    return this.#taken
  }

  /** Exactly `count` bytes; throws `damaged` if there are fewer. */
  async exact(count: number): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for (let left = count; left > 0;) {
      const piece = await this.some(left)
      if (piece === undefined) throw broken('it is cut short')
      pieces.push(piece)
      left -= piece.length
    }
    return Buffer.concat(pieces)
  }

  async byte(): Promise<number> {
    return (await this.exact(1))[0] as number
  }

  async close(): Promise<void> {
    await this.#input.return?.()
  }
}

export interface PacketHeader {
  readonly tag: number
  readonly length: PacketLength
  /** The bytes of the header. */
  readonly bytes: Buffer
}

/** `bytes` of the body, or of its first piece if more follow. Infinity: up to the end of the data. */
interface PacketLength {
  readonly bytes: number
  readonly isPartial: boolean
}

export const packetTags = {
  keyToKey: 1,
  passphraseToKey: 3,
  compressed: 8,
  marker: 10,
  literal: 11,
  protectedData: 18,
  aeadData: 20,
  padding: 21,
} as const

/** The next packet's header, or undefined at the end. Throws `damaged` if it is not a header. */
export async function readHeader(source: ByteSource): Promise<PacketHeader | undefined> {
  const first = await source.some(1)
  if (first === undefined) return undefined
  const byte = first[0] as number
  if ((byte & 0x80) === 0) throw broken('it holds data that is not an OpenPGP packet')
  if ((byte & 0x40) === 0) {
    const count = [1, 2, 4, 0][byte & 3] as number
    const field = await source.exact(count)
    const bytes = count === 0 ? Number.POSITIVE_INFINITY : field.readUIntBE(0, count)
    return {
      tag: (byte >> 2) & 15,
      length: { bytes, isPartial: false },
      bytes: Buffer.concat([first, field]),
    }
  }
  const { length, field } = await readLength(source)
  return { tag: byte & 63, length, bytes: Buffer.concat([first, field]) }
}

async function readLength(source: ByteSource): Promise<{ length: PacketLength; field: Buffer }> {
  const first = await source.exact(1)
  const byte = first[0] as number
  if (byte < 192) return { length: { bytes: byte, isPartial: false }, field: first }
  if (byte >= 224 && byte < 255) return { length: { bytes: 2 ** (byte & 31), isPartial: true }, field: first }
  const more = await source.exact(byte === 255 ? 4 : 1)
  const bytes = byte === 255 ? more.readUInt32BE(0) : ((byte - 192) << 8) + (more[0] as number) + 192
  return { length: { bytes, isPartial: false }, field: Buffer.concat([first, more]) }
}

/** For larger buffers the system maps and clears new memory each time. */
const pieceBytes = 1 << 16

/** The body of the packet with `header`, joined into larger pieces. Throws `damaged`. */
export async function* bodyOf(source: ByteSource, header: PacketHeader): AsyncGenerator<Uint8Array> {
  let { length } = header
  let pieces: Uint8Array[] = []
  let held = 0
  for (;;) {
    for (let left = length.bytes; left > 0;) {
      const piece = await source.some(Math.min(left, pieceBytes))
      if (piece === undefined) {
        if (left === Number.POSITIVE_INFINITY) break
        throw broken('it is cut short')
      }
      left -= piece.length
      held += piece.length
      pieces.push(piece)
      if (held >= pieceBytes) {
        yield pieces.length === 1 ? piece : Buffer.concat(pieces)
        pieces = []
        held = 0
      }
    }
    if (!length.isPartial) break
    ;({ length } = await readLength(source))
  }
  if (held > 0) yield Buffer.concat(pieces)
}

/** The body of a packet that must be small: key packets take some hundred bytes. */
export async function smallBody(source: ByteSource, header: PacketHeader): Promise<Buffer> {
  if (header.length.isPartial || header.length.bytes > maxSmallBytes)
    throw broken('it holds a packet that is too long')
  return source.exact(header.length.bytes)
}

const maxSmallBytes = 64 * 1024

export const broken = (why: string): ButcherError => new ButcherError('damaged', why)
