/** The bytes before each restart, which decoding there refers to: compressed, in a file without a name. */

import fs from 'node:fs'
import zlib from 'node:zlib'
import { asButcherError } from '../errors.ts'
import { openNameless, readFully, writeAll } from './nameless-file.ts'

export interface WindowPlace {
  readonly at: number
  readonly bytes: number
}

const fast = {
  params: { [zlib.constants.ZSTD_c_compressionLevel]: 1, [zlib.constants.ZSTD_c_checksumFlag]: 1 },
}

export class Windows {
  readonly #folder: string
  #fd: number | undefined
  #size = 0

  /** `fd`: a file of `size` bytes of windows that was saved. */
  constructor(folder: string, fd?: number, size = 0) {
    this.#folder = folder
    this.#fd = fd
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /** Copies the windows to the beginning of another file. Throws the system's errors. */
  copyTo(fd: number): void {
    const piece = Buffer.allocUnsafe(1 << 20)
    for (let at = 0; at < this.#size; at += piece.length) {
      const bytes = piece.subarray(0, Math.min(piece.length, this.#size - at))
      readFully(this.#fd as number, bytes, at)
      writeAll(fd, bytes, at)
    }
  }

  /** Throws `io` or `no-space`. */
  add(window: Uint8Array): WindowPlace | undefined {
    if (window.length === 0) return undefined
    this.#fd ??= openNameless(this.#folder)
    try {
      const packed = zlib.zstdCompressSync(window, fast)
      const place = { at: this.#size, bytes: writeAll(this.#fd, packed, this.#size) }
      this.#size += place.bytes
      return place
    } catch (error) {
      throw asButcherError(error, 'cannot write to the cache folder', this.#folder)
    }
  }

  /** Throws `io`. */
  get(place: WindowPlace | undefined): Buffer {
    if (place === undefined || this.#fd === undefined) return Buffer.alloc(0)
    const packed = Buffer.allocUnsafe(place.bytes)
    try {
      readFully(this.#fd, packed, place.at)
      return zlib.zstdDecompressSync(packed)
    } catch (error) {
      throw asButcherError(error, 'cannot read from the cache folder', this.#folder)
    }
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
  }
}
