/** OpenPGP messages made byte by byte, as anybody may make them. */

import { createCipheriv, createHash, randomBytes } from 'node:crypto'

export function packet(tag: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(6)
  header[0] = 0xc0 | tag
  header[1] = 255
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}

const salt = Buffer.from('saltsalt')

/**
 * A session key packet for a passphrase: iterated and salted, SHA-256, `count` as it is coded; it keeps no
 * key of its own.
 */
export const passphrasePacket = (count = 0x60): Buffer => packet(3, Buffer.from([4, 9, 3, 8, ...salt, count]))

/** The key that `passphrasePacket()` makes of the passphrase. */
function keyOf(passphrase: string): Buffer {
  const once = Buffer.concat([salt, Buffer.from(passphrase)])
  const bytes = Buffer.alloc(65_536)
  for (let at = 0; at < bytes.length; at += once.length) once.copy(bytes, at)
  return createHash('sha256').update(bytes).digest()
}

/** The body of a SEIPD packet of version 1 that holds `plain`. */
export function protectedBody(plain: Uint8Array, passphrase: string): Buffer {
  const random = randomBytes(16)
  const before = Buffer.concat([random, random.subarray(14), plain, Buffer.from([0xd3, 0x14])])
  const all = Buffer.concat([before, createHash('sha1').update(before).digest()])
  return Buffer.concat([
    Buffer.from([1]),
    createCipheriv('aes-256-cfb', keyOf(passphrase), Buffer.alloc(16)).update(all),
  ])
}

export const literal = (content: string | Uint8Array, name = ''): Buffer =>
  packet(
    11,
    Buffer.concat([
      Buffer.from('b'),
      Buffer.from([name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.alloc(4),
      Buffer.from(content),
    ]),
  )

/** A message that holds the packets `plain`. */
export const message = (
  plain: Uint8Array,
  passphrase = 'x',
  before: Uint8Array = passphrasePacket(),
): Buffer => Buffer.concat([before, packet(18, protectedBody(plain, passphrase))])
