/**
 * Telling a wrong session key at once. The data of a SEIPD packet of version 1 begins with a block of random bytes whose
 * last two are repeated behind it (RFC 9580, 5.13.1); under another key they differ, but for one in 65,536.
 */

import { createDecipheriv } from 'node:crypto'

const seipdTag = 18
const blockBytes = 16

/** The first encrypted bytes of the message that begins with `head`, or undefined where it is of another kind. */
export function dataPrefix(head: Uint8Array): Uint8Array | undefined {
  let at = 0
  while (at < head.length) {
    const packet = packetAt(head, at)
    if (packet === undefined) return undefined
    if (packet.tag === seipdTag) {
      const start = packet.bodyAt + 1
      const isVersion1 = head[packet.bodyAt] === 1
      return isVersion1 && head.length >= start + blockBytes + 2
        ? head.subarray(start, start + blockBytes + 2)
        : undefined
    }
    if (packet.length === undefined) return undefined
    at = packet.bodyAt + packet.length
  }
  return undefined
}

/** Whether the key can be the one that `prefix` is encrypted by; of a cipher other than AES it can. */
export function fitsPrefix(
  prefix: Uint8Array,
  key: { readonly data: Uint8Array; readonly algorithm: string | null },
): boolean {
  const bits = { aes128: 128, aes192: 192, aes256: 256 }[key.algorithm ?? '']
  if (bits === undefined) return true
  if (key.data.length !== bits / 8) return false
  const decipher = createDecipheriv(`aes-${bits}-cfb`, key.data, Buffer.alloc(blockBytes))
  const plain = decipher.update(prefix)
  return plain[14] === plain[16] && plain[15] === plain[17]
}

interface Packet {
  readonly tag: number
  readonly bodyAt: number
  /** Undefined of a partial or indeterminate length. */
  readonly length: number | undefined
}

/** RFC 9580, 4.2. */
function packetAt(bytes: Uint8Array, at: number): Packet | undefined {
  const byte = (offset: number): number => bytes[at + offset] ?? 0
  const first = byte(0)
  if ((first & 0x80) === 0) return undefined
  const number = (offset: number, count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 256 + byte(offset + i)
    return value
  }
  if ((first & 0x40) === 0) {
    const tag = (first >> 2) & 15
    const count = [1, 2, 4, 0][first & 3] as number
    return { tag, bodyAt: at + 1 + count, length: count === 0 ? undefined : number(1, count) }
  }
  const tag = first & 63
  const length = byte(1)
  if (length < 192) return { tag, bodyAt: at + 2, length }
  if (length < 224) return { tag, bodyAt: at + 3, length: ((length - 192) << 8) + byte(2) + 192 }
  if (length === 255) return { tag, bodyAt: at + 6, length: number(2, 4) }
  return { tag, bodyAt: at + 2, length: undefined }
}
