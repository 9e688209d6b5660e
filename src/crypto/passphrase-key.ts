/**
 * The packet that opens a message for a passphrase (RFC 9580, 5.3), and the key derived from a passphrase
 * (3.7.1.3).
 */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { SessionKey } from './protected-data.ts'

const aes256 = 9
const sha256 = 8
const iterated = 3
const countOctet = 0xe0
/**
 * The value of `countOctet`: (16 + low four bits) << (high four bits + 6). 16 MiB, as much as gpg and
 * OpenPGP.js use by default, or more.
 */
const hashedBytes = (16 + (countOctet & 15)) << ((countOctet >> 4) + 6)

/** The packet with the AES-256 session key, encrypted by a key from `passphrase` and a new salt. */
export function passphrasePacket(passphrase: string, sessionKey: Uint8Array): Buffer {
  const salt = randomBytes(8)
  const key = iteratedKey('sha256', passphrase, salt, hashedBytes, 32)
  const cipher = createCipheriv('aes-256-cfb', key, Buffer.alloc(16))
  const wrapped = cipher.update(Buffer.from([aes256, ...sessionKey]))
  const body = [4, aes256, iterated, sha256, ...salt, countOctet, ...wrapped]
  return Buffer.from([0xc3, body.length, ...body])
}

/** By their numbers in OpenPGP (RFC 9580, 9.3 and 9.5). */
const ciphers = new Map([[7, 'aes128'], [8, 'aes192'], [9, 'aes256']]) // prettier-ignore
const keyBytes = new Map([['aes128', 16], ['aes192', 24], ['aes256', 32]]) // prettier-ignore
const hashes = new Map([[2, 'sha1'], [8, 'sha256'], [9, 'sha384'], [10, 'sha512'], [11, 'sha224']]) // prettier-ignore
const headBytes = 13

/**
 * The session keys in such a packet, given whole, for a passphrase; none if the passphrase is visibly wrong.
 * Undefined if the packet differs from the form of butcher and gpg: AES, and an iterated S2K.
 */
export function openPassphrasePacket(packet: Uint8Array, passphrase: string): SessionKey[] | undefined {
  const body = packet.subarray(2)
  const [version, cipher, s2k, hashNumber] = body
  const [algorithm, hash] = [ciphers.get(cipher ?? 0), hashes.get(hashNumber ?? 0)]
  const isKnown = packet[1] === body.length && body.length >= headBytes && version === 4 && s2k === iterated
  if (!isKnown || algorithm === undefined || hash === undefined) return undefined
  const octet = body[12] as number
  const count = (16 + (octet & 15)) << ((octet >> 4) + 6)
  const key = iteratedKey(hash, passphrase, body.subarray(4, 12), count, keyBytes.get(algorithm) as number)
  // gpg encrypts the data with that key itself.
  if (body.length === headBytes) return [{ data: key, algorithm }]
  const decipher = createDecipheriv(`aes-${key.length * 8}-cfb`, key, Buffer.alloc(16))
  const [inner, ...data] = decipher.update(body.subarray(headBytes))
  const innerAlgorithm = ciphers.get(inner ?? 0)
  if (innerAlgorithm === undefined || data.length !== keyBytes.get(innerAlgorithm)) return []
  return [{ data: Uint8Array.from(data), algorithm: innerAlgorithm }]
}

/**
 * Derives `bytes` bytes: the hash of `count` bytes of repeated salt and passphrase. More bytes come from the
 * same with a zero in front, and so on.
 */
function iteratedKey(
  hashName: string,
  passphrase: string,
  salt: Uint8Array,
  count: number,
  bytes: number,
): Buffer {
  const once = Buffer.concat([salt, Buffer.from(passphrase)])
  const many = Buffer.alloc(Math.max(1, Math.floor(65_536 / once.length)) * once.length, once)
  let key = Buffer.alloc(0)
  for (let zeros = 0; key.length < bytes; zeros++) {
    const hash = createHash(hashName).update(Buffer.alloc(zeros))
    let left = Math.max(count, once.length)
    for (; left >= many.length; left -= many.length) hash.update(many)
    key = Buffer.concat([key, hash.update(many.subarray(0, left)).digest()])
  }
  return key.subarray(0, bytes)
}
