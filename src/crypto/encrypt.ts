/**
 * Encrypts to an OpenPGP message that every gpg since 2.0 reads: AES-256, SEIPD version 1, no compression.
 */

import { createHash, randomBytes } from 'node:crypto'
import { ButcherError } from '../errors.ts'
import type { Key, PublicKeyEncryptedSessionKeyPacket, Subkey } from 'openpgp'
import { CfbEncryption } from './cfb.ts'
import { loadOpenPgp } from './openpgp.ts'
import { passphrasePacket } from './passphrase-key.ts'

/** The keys for encryption, ready for use in any thread. */
export interface EncryptionKeys {
  readonly passphrase?: string
  readonly recipients?: readonly RecipientKey[]
  /** The session key of one message, made elsewhere: nothing else is needed then. */
  readonly session?: MessageSession
}

/** The session key of a message, and the packets that open it. */
export interface MessageSession {
  readonly key: Uint8Array
  readonly packets: Uint8Array
}

export interface RecipientKey {
  readonly armoredKey: string
  /** The ID of the encryption subkey, in lower-case hex. */
  readonly keyId: string
}

/** Takes the content of a message. Buffers given to `onData` are reused after it returns. */
export interface Encryptor {
  write(data: Uint8Array): void
  /** `onData` has received everything when it returns. */
  end(): void
}

/** The length of a piece in a packet of unknown length: a power of two (RFC 9580, 4.2.1.4). */
const pieceBytes = 1 << 16
const pieceHeader = 224 + 16
/**
 * Bytes encrypted at a time. With less, the calls cost too much. With more (from 128 KiB on, with glibc), the
 * memory of the cipher's output is mapped anew each time.
 */
const roundBytes = 1 << 16
/** Enough bytes to be sure that a whole piece, and more, of either packet follows. */
const keptBytes = 2 * pieceBytes

const literalTag = 0xcb
const protectedTag = 0xd2
const protectedVersion = 1
/** Binary, no name, no time (RFC 9580, 5.9). */
const literalHead = Uint8Array.of(0x62, 0, 0, 0, 0, 0)
/** Tag and length of the final packet with a SHA-1 (RFC 9580, 5.13.1). */
const mdcHead = Uint8Array.of(0xd3, 0x14)

/**
 * The most bytes that a message adds to a content of `bytes`: session key packets, framing, and two length
 * octets for each piece of 64 KiB.
 */
export function encryptionOverhead(keys: EncryptionKeys | undefined, bytes: number): number {
  if (!keys) return 0
  return 512 + 1100 * (keys.recipients?.length ?? 0) + Math.ceil(bytes / 16_384)
}

/** Begins a message. `onData` gets its bytes in order, as they are ready. */
export async function encryptor(
  keys: EncryptionKeys,
  onData: (data: Uint8Array) => void,
): Promise<Encryptor> {
  const { key, packets } = keys.session ?? (await newSession(keys))
  onData(packets)
  return new Message(key, onData)
}

/** A new session key, and the packets by which the recipients and the passphrase open it. */
export async function newSession({ passphrase, recipients = [] }: EncryptionKeys): Promise<MessageSession> {
  const key = randomBytes(32)
  const packets: Uint8Array[] = []
  if (recipients.length > 0) packets.push(await recipientPackets(recipients, key))
  if (passphrase !== undefined) packets.push(passphrasePacket(passphrase, key))
  return { key, packets: Buffer.concat(packets) }
}

/**
 * The message uses AES-256 and SEIPD version 1, whatever a recipient's key prefers. Its valid part was chosen
 * before.
 */
async function recipientPackets(
  recipients: readonly RecipientKey[],
  sessionKey: Uint8Array,
): Promise<Uint8Array> {
  const { enums, PacketList, PublicKeyEncryptedSessionKeyPacket, readKey } = await loadOpenPgp()
  const packets = new PacketList<PublicKeyEncryptedSessionKeyPacket>()
  for (const { armoredKey, keyId } of recipients) {
    const part = (await readKey({ armoredKey })).getKeys().find((one) => one.getKeyID().toHex() === keyId)
    if (!part) throw new ButcherError('internal', `the recipient has no part ${keyId}`)
    const packet = Object.assign(new PublicKeyEncryptedSessionKeyPacket(), {
      version: 3,
      publicKeyID: part.getKeyID(),
      publicKeyAlgorithm: part.keyPacket.algorithm,
      sessionKey,
      sessionKeyAlgorithm: enums.symmetric.aes256,
    })
    await (packet as unknown as KeyPacket).encrypt(part.keyPacket)
    packets.push(packet)
  }
  return packets.write()
}

/** Fields that the types of OpenPGP.js leave out. */
interface KeyPacket {
  encrypt(part: Key['keyPacket'] | Subkey['keyPacket']): Promise<void>
}

/**
 * A literal packet within a protected one. The literal packet is built in `#plain`. A round of it is
 * encrypted once later bytes show that neither packet ends there.
 */
class Message implements Encryptor {
  readonly #onData: (data: Uint8Array) => void
  readonly #cipher: CfbEncryption
  readonly #mdc = createHash('sha1')
  readonly #plain = Buffer.allocUnsafeSlow(roundBytes + keptBytes + 64)
  #length = 0
  /** The offset in `#plain` of the literal packet's last piece. */
  #pieceAt: number
  /** The missing bytes of the protected packet's last piece. */
  #bodyLeft = 0
  #isBegun = false

  constructor(sessionKey: Uint8Array, onData: (data: Uint8Array) => void) {
    this.#onData = onData
    this.#cipher = new CfbEncryption(sessionKey)
    const prefix = randomBytes(16)
    this.#put(prefix)
    this.#put(prefix.subarray(14))
    this.#put([literalTag, pieceHeader])
    this.#pieceAt = this.#length
    this.#put(literalHead)
  }

  write(data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      let left = this.#pieceAt + pieceBytes - this.#length
      if (left === 0) {
        this.#put([pieceHeader])
        this.#pieceAt = this.#length
        left = pieceBytes
      }
      const end = Math.min(data.length, done + left, done + roundBytes + keptBytes - this.#length)
      this.#put(done === 0 && end === data.length ? data : data.subarray(done, end))
      done = end
      if (this.#length >= roundBytes + keptBytes) this.#round()
    }
  }

  end(): void {
    const pieceLength = this.#length - this.#pieceAt
    this.#plain.copyWithin(this.#pieceAt + 4, this.#pieceAt, this.#length)
    this.#plain.set(wholeLength(pieceLength), this.#pieceAt - 1)
    this.#length += 4
    this.#put(mdcHead)
    this.#put(this.#mdc.update(this.#plain.subarray(0, this.#length)).digest())
    this.#encrypt(Math.ceil(this.#length / 16) * 16)
    this.#give(this.#plain.subarray(0, this.#length), true)
  }

  #put(bytes: ArrayLike<number>): void {
    this.#plain.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #round(): void {
    this.#mdc.update(this.#plain.subarray(0, roundBytes))
    this.#encrypt(roundBytes)
    this.#give(this.#plain.subarray(0, roundBytes), false)
    this.#plain.copyWithin(0, roundBytes, this.#length)
    this.#length -= roundBytes
    this.#pieceAt -= roundBytes
  }

  #encrypt(bytes: number): void {
    this.#cipher.encrypt(new BigUint64Array(this.#plain.buffer, 0, bytes / 8))
  }

  #give(encrypted: Uint8Array, isEnd: boolean): void {
    for (let done = 0; done < encrypted.length;) {
      if (this.#bodyLeft === 0) this.#beginPiece(encrypted.length - done, isEnd)
      const some = encrypted.subarray(done, done + this.#bodyLeft)
      this.#onData(some)
      this.#bodyLeft -= some.length
      done += some.length
    }
  }

  #beginPiece(left: number, isEnd: boolean): void {
    const first = this.#isBegun ? 0 : 1
    const length = isEnd ? left + first : pieceBytes
    const header = isEnd ? wholeLength(length) : [pieceHeader]
    this.#onData(Uint8Array.from(first ? [protectedTag, ...header, protectedVersion] : header))
    this.#bodyLeft = length - first
    this.#isBegun = true
  }
}

/** A length in five octets (RFC 9580, 4.2.1.3). */
const wholeLength = (bytes: number): number[] => [
  255,
  bytes >>> 24,
  (bytes >>> 16) & 255,
  (bytes >>> 8) & 255,
  bytes & 255,
]

/** All of `data` as one message. */
export async function encryptBytes(keys: EncryptionKeys, data: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = []
  const message = await encryptor(keys, (piece) => pieces.push(Buffer.from(piece)))
  message.write(data)
  message.end()
  return Buffer.concat(pieces)
}
