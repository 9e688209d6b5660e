/**
 * Decrypts a message from any offset. In CFB mode, a block needs only the ciphertext block before it. The
 * integrity check of a message covers it as a whole, so it is not made here: the reader checks a hash.
 */

import type { BytesAt } from '../media/bytes-at.ts'
import { CfbDecryption } from './cfb.ts'
import { openSessionKey, readHead } from './decrypt.ts'
import { framedBytes } from './framed-bytes.ts'
import { broken, ByteSource, packetTags, readHeader } from './packets.ts'
import { cipherOf, prefixBytes, type SessionKey } from './protected-data.ts'
import type { OpenedSecrets } from './secrets.ts'

const blockBytes = 16
const versionBytes = 1
/** The packet with the SHA-1 at the end. */
const mdcBytes = 22
const headPieceBytes = 4096

/**
 * The content of the message `stored`; `name` is its name in errors. It must be one literal packet, without
 * compression, as butcher writes it. Throws `secret` if the passphrase or key is missing or wrong, and
 * `damaged` if it is no such message.
 */
export async function decryptAt(stored: BytesAt, secrets: OpenedSecrets, name: string): Promise<BytesAt> {
  const head = new ByteSource(fromStart(stored))
  const { keyPackets, data } = await readHead(head)
  const bodyAt = head.taken
  if ((await head.byte()) !== 1) throw broken('it is encrypted in a way that butcher never writes')
  const prefix = await head.exact(prefixBytes)
  const key = await openSessionKey(keyPackets, prefix, secrets, name)
  const plain = deciphered(await framedBytes(stored, bodyAt, data.length), key)

  const source = new ByteSource(fromStart(plain, prefixBytes))
  const header = await readHeader(source)
  if (header?.tag !== packetTags.literal) throw broken('it holds something else than plain content')
  const literal = { ...plain, sizeBytes: plain.sizeBytes - mdcBytes }
  const body = await framedBytes(literal, prefixBytes + header.bytes.length, header.length)
  const fields = await body.read(0, 2)
  if (fields.length < 2) throw broken('it is cut short')
  const own = 6 + (fields[1] as number)
  return {
    sizeBytes: body.sizeBytes - own,
    read: (offset, length) => body.read(offset + own, length),
  }
}

async function* fromStart({ read }: BytesAt, start = 0): AsyncGenerator<Uint8Array> {
  for (let at = start; ;) {
    const piece = await read(at, headPieceBytes)
    if (piece.length === 0) return
    yield piece
    at += piece.length
  }
}

/** The decrypted bytes of a protected packet's body, with the random prefix and the SHA-1. */
function deciphered(body: BytesAt, key: SessionKey): BytesAt {
  if (cipherOf(key) === undefined) throw broken('it is encrypted in another way')
  return {
    sizeBytes: body.sizeBytes - versionBytes,
    read: async (offset, length) => {
      const aligned = offset - (offset % blockBytes)
      const before = Math.min(aligned, blockBytes)
      const asked = offset - aligned + length + before
      const bytes = await body.read(versionBytes + aligned - before, asked)
      const vector = before === 0 ? Buffer.alloc(blockBytes) : bytes.subarray(0, before)
      if (vector.length < blockBytes) return Buffer.alloc(0)
      const decryption = new CfbDecryption(key.data, vector)
      const plain = decryption.update(bytes.subarray(before))
      return Buffer.concat([plain, decryption.final()]).subarray(offset - aligned)
    },
  }
}
