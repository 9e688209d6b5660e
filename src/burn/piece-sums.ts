import { crc32 } from 'node:zlib'

/**
 * Bytes per checksum: one error-correcting block of a Blu-ray disc. The sums of 25 GB take 3 MB of memory.
 */
export const pieceBytes = 64 << 10

/** The checksums of a stream, piece by piece, to find the places where another stream differs. */
export class PieceSums {
  #sums: number[] = []
  #current = 0
  #filled = 0

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + pieceBytes - this.#filled)
      this.#current = crc32(part, this.#current)
      this.#filled += part.length
      at += part.length
      if (this.#filled === pieceBytes) this.#close()
    }
  }

  /** The sums of all pieces, including the last one, which may be shorter. */
  get list(): readonly number[] {
    if (this.#filled > 0) this.#close()
    return this.#sums
  }

  #close(): void {
    this.#sums.push(this.#current)
    this.#current = 0
    this.#filled = 0
  }
}
