/**
 * Decrypts damaged messages: all bytes come out, right or wrong. OpenPGP's CFB recovers: a wrong byte damages
 * only itself and the next 16. The reader must know from a hash which bytes are right.
 */

import { openSessionKey, readHead } from './decrypt.ts'
import { broken, ByteSource, packetTags } from './packets.ts'
import { decipherOf, prefixBytes } from './protected-data.ts'
import type { OpenedSecrets } from './secrets.ts'

/**
 * The content of the message `input` of `sizeBytes`. Throws `damaged` or `secret` if its session keys cannot
 * be opened: if they are damaged, nothing comes out.
 */
export async function* decryptDamaged(
  input: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  secrets: OpenedSecrets,
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(input)
  try {
    const { keyPackets, data } = await readHead(source)
    if ((await source.byte()) !== 1) throw broken('it is encrypted in another way')
    const prefix = await source.exact(prefixBytes)
    const decipher = decipherOf(await openSessionKey(keyPackets, prefix, secrets, name))
    if (decipher === undefined) throw broken('it is encrypted in another way')
    decipher.update(prefix)

    const left = (): number => Math.max(0, sizeBytes - source.taken)
    const outer = Deframer.within(data.length.bytes - 1 - prefixBytes, data.length.isPartial, left)
    const inner = Deframer.ofLiteral(left)
    for (let piece = await source.some(1 << 20); piece; piece = await source.some(1 << 20)) {
      const body = outer.take(piece).map((bytes) => decipher.update(bytes))
      const plain = Buffer.concat(inner.take(Buffer.concat(body)))
      if (plain.length > 0) yield plain
    }
  } finally {
    await source.close()
  }
}

/**
 * Writers use no longer partial bodies in practice, and the first must not be shorter (RFC 9580, 4.2.1.4).
 */
const [leastPart, mostPart] = [512, 1 << 26]
/** The bytes after the end of a packet: an MDC, and the length octets of the outer packet. */
const behindBytes = 1 << 16

/** Removes a packet's length octets. Once they are invalid, it treats all bytes as the body. */
class Deframer {
  /** The number of unread bytes of the message. */
  readonly #left: () => number
  #rest: Buffer = Buffer.alloc(0)
  #part = 0
  #state: 'start' | 'body' | 'length' | 'lost' | 'end' = 'start'
  #isPartial = false

  private constructor(left: () => number) {
    this.#left = left
  }

  /** Starts at a literal packet; also removes its own fields. */
  static ofLiteral(left: () => number): Deframer {
    return new Deframer(left)
  }

  /** Starts within a body, at its first piece, of which `part` bytes are left. */
  static within(part: number, isPartial: boolean, left: () => number): Deframer {
    const deframer = new Deframer(left)
    deframer.#isPartial = isPartial
    deframer.#goOn(part)
    return deframer
  }

  take(bytes: Uint8Array): Buffer[] {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : Buffer.from(bytes)
    this.#rest = Buffer.alloc(0)
    const out: Buffer[] = []
    while (data.length > 0 && this.#state !== 'end') {
      if (this.#state === 'lost') {
        out.push(data)
        break
      }
      if (this.#part > 0) {
        const piece = data.subarray(0, this.#part)
        out.push(piece)
        this.#part -= piece.length
        data = data.subarray(piece.length)
        if (this.#part === 0) this.#goOn(0)
        continue
      }
      // A header needs few bytes, that of a literal packet with a file name at most 270.
      if (data.length < (this.#state === 'start' ? 300 : 6) && this.#left() > 0) {
        this.#rest = data
        break
      }
      data = data.subarray(this.#state === 'start' ? this.#begin(data) : this.#length(data))
    }
    return out
  }

  #goOn(part: number): void {
    this.#part = Math.max(0, part)
    this.#state = this.#part > 0 ? 'body' : this.#isPartial ? 'length' : 'end'
  }

  #begin(data: Buffer): number {
    const first = data[0] as number
    const isNew = (first & 0xc0) === 0xc0
    const tag = isNew ? first & 63 : (first >> 2) & 15
    // The first bytes may be damaged: the content begins nearby.
    if ((first & 0x80) === 0 || tag !== packetTags.literal || data.length < 6) return this.#lose()
    const count = isNew ? lengthOctets(data[1] as number) : ([1, 2, 4, 0][first & 3] as number)
    const fields = 1 + count
    const own = 6 + (data[fields + 1] ?? 0)
    this.#isPartial = isNew && isPartialOctet(data[1] as number)
    const length = isNew
      ? bodyLength(data.subarray(1))
      : count === 0
        ? Number.POSITIVE_INFINITY
        : data.readUIntBE(1, count)
    this.#goOn(length - own)
    return fields + own
  }

  #length(data: Buffer): number {
    const first = data[0] as number
    const part = bodyLength(data)
    const octets = lengthOctets(first)
    if (isPartialOctet(first)) {
      if (part < leastPart || part > mostPart) return this.#lose()
    } else {
      const behind = this.#left() + data.length - octets - part
      if (Math.abs(behind) > behindBytes) return this.#lose()
      this.#isPartial = false
    }
    this.#goOn(part)
    return octets
  }

  #lose(): number {
    this.#state = 'lost'
    return 0
  }
}

const isPartialOctet = (octet: number): boolean => octet >= 224 && octet < 255
const lengthOctets = (first: number): number => (first === 255 ? 5 : first >= 192 && first < 224 ? 2 : 1)

/** RFC 9580, 4.2.1: the length of the body, or of its next piece. */
function bodyLength(data: Buffer): number {
  const first = data[0] as number
  if (first < 192) return first
  if (first < 224) return ((first - 192) << 8) + (data[1] ?? 0) + 192
  if (first === 255) return data.length >= 5 ? data.readUInt32BE(1) : 0
  return 2 ** (first & 31)
}
