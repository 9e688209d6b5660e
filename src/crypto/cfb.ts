/** AES-256 in the CFB mode of OpenPGP: an IV of zeros, encryption only. */

import { type Cipheriv, createCipheriv } from 'node:crypto'

const blockBytes = 16

/**
 * CFB encrypts each ciphertext block to get the key stream for the next one. CBC does the same to the
 * plaintext: with C = P ^ K, its next block is E(P ^ K). So the key stream is the plaintext encrypted in CBC
 * mode, one block later. Here OpenSSL's CBC does 850 MB/s per core; its CFB, which has no optimized code,
 * does 540.
 */
export class CfbEncryption {
  readonly #cbc: Cipheriv
  /** The key stream for the next block. */
  readonly #next = new BigUint64Array(2)

  /** `key`: 32 bytes. */
  constructor(key: Uint8Array) {
    this.#cbc = createCipheriv('aes-256-cbc', key, new Uint8Array(blockBytes)).setAutoPadding(false)
    this.encrypt(this.#next)
  }

  /** Encrypts `words` in place: 8 bytes each, an even number of them. */
  encrypt(words: BigUint64Array): void {
    const next = this.#next
    const count = words.length
    const output = this.#cbc.update(words)
    const stream = new BigUint64Array(output.buffer, output.byteOffset, count)
    words[0] = (words[0] as bigint) ^ (next[0] as bigint)
    words[1] = (words[1] as bigint) ^ (next[1] as bigint)
    for (let i = 2; i < count; i++) words[i] = (words[i] as bigint) ^ (stream[i - 2] as bigint)
    next[0] = stream[count - 2] as bigint
    next[1] = stream[count - 1] as bigint
    // Frees the output at once: otherwise V8 would collect this garbage outside the heap every 64 MB.
    if (output.buffer.byteLength === output.length) output.buffer.transfer(0)
  }
}
