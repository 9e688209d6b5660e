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

const wordBytes = 8
const noBytes = Buffer.alloc(0)

/**
 * CFB decrypts a block with the encrypted ciphertext of the block before, so many blocks at once can be
 * encrypted in ECB mode. Here OpenSSL's ECB does 3,000 MB/s per core, and its CFB decryption 500.
 */
export class CfbDecryption {
  readonly #ecb: Cipheriv
  /** The key stream for the next block. */
  readonly #next = new BigUint64Array(2)
  /** The input from a block's beginning, at an address that is divisible by 8. */
  #input = noBytes
  /** The bytes in front of the input that are of a block without its end. */
  #held = 0

  /** `key`: 16, 24 or 32 bytes. `vector`: the block before the data, zeros in OpenPGP. */
  constructor(key: Uint8Array, vector: Uint8Array = new Uint8Array(blockBytes)) {
    this.#ecb = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
    this.#next.set(wordsOf(this.#ecb.update(vector)))
  }

  /**
   * The plaintext of all blocks that are complete, behind `room` bytes for the caller. `room` must be
   * divisible by 8.
   */
  update(data: Uint8Array, room = 0): Buffer {
    const length = this.#held + data.length
    if (this.#input.length < length) {
      const larger = Buffer.from(new ArrayBuffer(length + blockBytes))
      this.#input.copy(larger, 0, 0, this.#held)
      this.#input = larger
    }
    this.#input.set(data, this.#held)
    const whole = length - (length % blockBytes)
    const plain = Buffer.allocUnsafeSlow(room + whole)
    if (whole > 0) this.#decrypt(whole, new BigUint64Array(plain.buffer, room))
    this.#input.copyWithin(0, whole, length)
    this.#held = length - whole
    return plain
  }

  /** The plaintext of the last bytes, fewer than 16. */
  final(): Buffer {
    const rest = this.#input.subarray(0, this.#held)
    const stream = Buffer.from(this.#next.buffer)
    return Buffer.from(rest.map((byte, i) => byte ^ (stream[i] as number)))
  }

  #decrypt(bytes: number, plain: BigUint64Array): void {
    const next = this.#next
    const output = this.#ecb.update(this.#input.subarray(0, bytes))
    const stream = wordsOf(output)
    const input = new BigUint64Array(this.#input.buffer, 0, bytes / wordBytes)
    const count = input.length
    plain[0] = (input[0] as bigint) ^ (next[0] as bigint)
    plain[1] = (input[1] as bigint) ^ (next[1] as bigint)
    for (let i = 2; i < count; i++) plain[i] = (input[i] as bigint) ^ (stream[i - 2] as bigint)
    next[0] = stream[count - 2] as bigint
    next[1] = stream[count - 1] as bigint
    if (output.buffer.byteLength === output.length) (output.buffer as ArrayBuffer).transfer(0)
  }
}

/** Small results of `node:crypto` may be anywhere in memory. */
function wordsOf(bytes: Buffer): BigUint64Array {
  const aligned = bytes.byteOffset % wordBytes === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer)
  return new BigUint64Array(aligned.buffer, aligned.byteOffset, bytes.length / wordBytes)
}
