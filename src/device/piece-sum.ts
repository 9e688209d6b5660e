/** A sum of what this run writes, to compare it with what it reads back. */

import { createCipheriv, randomBytes } from 'node:crypto'

/**
 * Poly1305 (RFC 8439), with a key of this run. It comes from OpenSSL, so it takes a third of the time of
 * XXH128 in WebAssembly, also in processors without instructions for AES.
 */
export function makePieceSum(): (piece: Uint8Array) => Uint8Array {
  const key = randomBytes(32)
  const nonce = Buffer.alloc(12)
  return (piece) => {
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
    cipher.setAAD(piece, { plaintextLength: 0 }).final()
    return cipher.getAuthTag()
  }
}
