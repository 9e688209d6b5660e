/** The packet that opens a message for a passphrase (RFC 9580, 5.3), and the key that a passphrase becomes (3.7.1.3). */

import { createCipheriv, createHash, randomBytes } from 'node:crypto'

const aes256 = 9
const sha256 = 8
const iterated = 3
const countOctet = 0xe0
/** What `countOctet` stands for: (16 + low four bits) << (high four bits + 6). 16 MiB, as gpg and OpenPGP.js take by default or more. */
const hashedBytes = (16 + (countOctet & 15)) << ((countOctet >> 4) + 6)

/** The packet with the session key of AES-256, encrypted by what `passphrase` becomes with a salt of its own. */
export function passphrasePacket(passphrase: string, sessionKey: Uint8Array): Buffer {
  const salt = randomBytes(8)
  const cipher = createCipheriv('aes-256-cfb', iteratedKey(passphrase, salt, hashedBytes), Buffer.alloc(16))
  const wrapped = cipher.update(Buffer.from([aes256, ...sessionKey]))
  const body = [4, aes256, iterated, sha256, ...salt, countOctet, ...wrapped]
  return Buffer.from([0xc3, body.length, ...body])
}

/** 32 bytes: the SHA-256 of `count` bytes of salt and passphrase, over and over. */
function iteratedKey(passphrase: string, salt: Uint8Array, count: number): Buffer {
  const once = Buffer.concat([salt, Buffer.from(passphrase)])
  const many = Buffer.alloc(Math.max(1, Math.floor(65_536 / once.length)) * once.length, once)
  const hash = createHash('sha256')
  let left = Math.max(count, once.length)
  for (; left >= many.length; left -= many.length) hash.update(many)
  return hash.update(many.subarray(0, left)).digest()
}
