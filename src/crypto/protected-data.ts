/**
 * The content of a SEIPD packet of version 1 (RFC 9580, 5.13.1), in AES with CFB mode. It has a block of
 * random bytes with the last two repeated, the data, and a SHA-1 of everything. The SHA-1 shows changes.
 */

import { createDecipheriv, createHash } from 'node:crypto'
import { CfbDecryption } from './cfb.ts'
import { broken } from './packets.ts'

const blockBytes = 16
export const prefixBytes = blockBytes + 2
/** A packet of kind 19, 20 bytes long. */
const mdcHeader = Buffer.from([0xd3, 0x14])
const mdcBytes = mdcHeader.length + 20
/** At least `mdcBytes`, as `CfbDecryption` gives it. */
const heldRoom = 24

export interface SessionKey {
  readonly data: Uint8Array
  readonly algorithm: string | null
}

const keyBits: Readonly<Record<string, number>> = { aes128: 128, aes192: 192, aes256: 256 }

/** Decrypts the bytes after the prefix, once it got the prefix. Undefined for a cipher other than AES. */
export function decipherOf(key: SessionKey) {
  const cipher = cipherOf(key)
  return cipher === undefined ? undefined : createDecipheriv(cipher, key.data, Buffer.alloc(blockBytes))
}

export const cipherOf = ({ algorithm, data }: SessionKey): string | undefined => {
  const bits = keyBits[algorithm ?? '']
  return bits !== undefined && data.length === bits / 8 ? `aes-${bits}-cfb` : undefined
}

/** Whether the key can be right for `prefix`, the first encrypted bytes: one in 65,536 wrong keys passes. */
export function fitsPrefix(prefix: Uint8Array, key: SessionKey): boolean {
  const cipher = cipherOf(key)
  if (cipher === undefined) return false
  const plain = createDecipheriv(cipher, key.data, Buffer.alloc(blockBytes)).update(prefix)
  return plain[14] === plain[16] && plain[15] === plain[17]
}

/**
 * The decrypted content of `prefix` and `rest`, for a key that fits. Throws `damaged` at the end if it was
 * changed.
 */
export async function* decryptData(
  key: SessionKey,
  prefix: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const decipher = new CfbDecryption(key.data)
  const hash = createHash('sha1')
  /** The last bytes, which may be of the MDC. */
  let held: Uint8Array = decipher.update(prefix)
  /** The bytes of the prefix that are still to come. */
  let hidden = prefixBytes
  const ready = (all: Buffer): Uint8Array => {
    const some = all.subarray(0, Math.max(0, all.length - mdcBytes))
    held = Uint8Array.from(all.subarray(some.length))
    hash.update(some)
    const shown = some.subarray(hidden)
    hidden -= some.length - shown.length
    return shown
  }
  for await (const piece of rest) {
    const plain = decipher.update(piece, heldRoom)
    plain.set(held, heldRoom - held.length)
    const some = ready(plain.subarray(heldRoom - held.length))
    if (some.length > 0) yield some
  }
  const last = ready(Buffer.concat([held, decipher.final()]))
  if (last.length > 0) yield last
  const digest = hash.update(held.subarray(0, mdcHeader.length)).digest()
  if (!Buffer.concat([mdcHeader, digest]).equals(held)) throw broken('it was changed or is cut short')
}
