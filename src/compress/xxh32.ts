/** XXH32 with seed 0 (the xxHash specification, section "XXH32"): the checksum of lz4 frames. */

const [prime1, prime2, prime3, prime4, prime5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1]
const stripeBytes = 16

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

/** Of bytes that come in pieces. */
export class Xxh32 {
  #a = (prime1 + prime2) | 0
  #b = prime2 | 0
  #c = 0
  #d = -prime1 | 0
  #length = 0
  readonly #rest = Buffer.alloc(stripeBytes)
  #restBytes = 0

  update(bytes: Uint8Array): this {
    this.#length += bytes.length
    let at = 0
    if (this.#restBytes > 0) {
      at = Math.min(stripeBytes - this.#restBytes, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restBytes)
      this.#restBytes += at
      if (this.#restBytes < stripeBytes) return this
      this.#stripes(this.#rest, 0, stripeBytes)
      this.#restBytes = 0
    }
    const end = at + Math.floor((bytes.length - at) / stripeBytes) * stripeBytes
    if (end > at) this.#stripes(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#restBytes = bytes.length - end
    return this
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d]
    for (let at = from; at < to; at += stripeBytes) {
      a = Math.imul(rotate((a + Math.imul(view.getInt32(at, true), prime2)) | 0, 13), prime1)
      b = Math.imul(rotate((b + Math.imul(view.getInt32(at + 4, true), prime2)) | 0, 13), prime1)
      c = Math.imul(rotate((c + Math.imul(view.getInt32(at + 8, true), prime2)) | 0, 13), prime1)
      d = Math.imul(rotate((d + Math.imul(view.getInt32(at + 12, true), prime2)) | 0, 13), prime1)
    }
    ;[this.#a, this.#b, this.#c, this.#d] = [a, b, c, d]
  }

  digest(): number {
    let hash =
      this.#length >= stripeBytes
        ? rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18)
        : prime5
    hash = (hash + this.#length) | 0
    let at = 0
    for (; at + 4 <= this.#restBytes; at += 4) {
      hash = (hash + Math.imul(this.#rest.readInt32LE(at), prime3)) | 0
      hash = Math.imul(rotate(hash, 17), prime4)
    }
    for (; at < this.#restBytes; at++) {
      hash = (hash + Math.imul(this.#rest[at] as number, prime5)) | 0
      hash = Math.imul(rotate(hash, 11), prime1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2)
    hash = Math.imul(hash ^ (hash >>> 13), prime3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

export const xxh32 = (bytes: Uint8Array): number => new Xxh32().update(bytes).digest()
