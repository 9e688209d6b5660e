/** Writes a content into a file from an offset on, with holes for its zeros or without. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { findHoles } from '../files/holes.ts'

/** The usual block size of holes. */
const pageBytes = 4096
const zeroPage = Buffer.alloc(pageBytes)
const zeros = Buffer.alloc(1 << 20)

export class ContentFile {
  readonly #descriptor: number
  readonly #withHoles: boolean
  #at: number

  /** With `withHoles`, zeros are skipped. So from `offset` on, the file must hold only zeros, or end. */
  constructor(descriptor: number, offset: number, withHoles: boolean) {
    this.#descriptor = descriptor
    this.#at = offset
    this.#withHoles = withHoles
  }

  write(bytes: Uint8Array): void {
    if (!this.#withHoles) return this.#put(bytes)
    for (let at = 0; at < bytes.length;) {
      const start = at
      let page = this.#page(bytes, at)
      const isZero = page.equals(zeroPage.subarray(0, page.length))
      // Continues to the next change between zeros and data.
      do {
        at += page.length
        page = this.#page(bytes, at, at - start)
      } while (page.length > 0 && page.equals(zeroPage.subarray(0, page.length)) === isZero)
      if (isZero) this.#at += at - start
      else this.#put(bytes.subarray(start, at))
    }
  }

  /**
   * The bytes from `at` to the end of their page in the file. `ahead`: their distance from the bytes written.
   */
  #page(bytes: Uint8Array, at: number, ahead = 0): Buffer {
    const length = pageBytes - ((this.#at + ahead) % pageBytes)
    const page = bytes.subarray(at, at + length)
    return Buffer.from(page.buffer, page.byteOffset, page.length)
  }

  /** Writes `length` zeros, and calls `check` from time to time. */
  zeros(length: number, check: () => void = () => {}): void {
    if (this.#withHoles) {
      this.#at += length
      return
    }
    for (let left = length; left > 0; left -= zeros.length) {
      this.#put(left < zeros.length ? zeros.subarray(0, left) : zeros)
      check()
    }
  }

  #put(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      const count = fs.writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#at)
      written += count
      this.#at += count
    }
  }
}

/** Copies a file to `to`, which must not exist. `withHoles` alone decides whether the copy has holes. */
export function copyContent(from: string, to: string | Buffer, withHoles: boolean): void {
  const source = fs.openSync(from, 'r')
  try {
    const stat = fs.fstatSync(source, { bigint: true })
    const holes = findHoles(source, stat)
    if (holes === 'none' && !withHoles) {
      fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE)
      return
    }
    const sizeBytes = Number(stat.size)
    const descriptor = fs.openSync(to, 'wx', 0o600)
    try {
      if (withHoles) fs.ftruncateSync(descriptor, sizeBytes)
      const file = new ContentFile(descriptor, 0, withHoles)
      const buffer = Buffer.allocUnsafeSlow(zeros.length)
      let at = 0
      for (const { offset, length } of typeof holes === 'string'
        ? [{ offset: 0, length: sizeBytes }]
        : holes) {
        file.zeros(offset - at)
        for (at = offset; at < offset + length;) {
          const count = fs.readSync(source, buffer, 0, Math.min(buffer.length, offset + length - at), at)
          if (count === 0) break
          file.write(buffer.subarray(0, count))
          at += count
        }
      }
      file.zeros(sizeBytes - at)
    } finally {
      fs.closeSync(descriptor)
    }
  } finally {
    fs.closeSync(source)
  }
}

/**
 * Gives a gathered file its size, and makes the zeros that no part holds. Without `withHoles`, they take
 * space. False if the file system cannot hold a file of this size.
 */
export function completeZeros(file: string, sizeBytes: number, withHoles: boolean): boolean {
  const descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
  try {
    if (fs.fstatSync(descriptor).size < sizeBytes) fs.ftruncateSync(descriptor, sizeBytes)
    if (withHoles) return true
    const holes = findHoles(descriptor, fs.fstatSync(descriptor, { bigint: true }))
    if (typeof holes === 'string') return true
    let at = 0
    for (const { offset, length } of [...holes, { offset: sizeBytes, length: 0 }]) {
      new ContentFile(descriptor, at, false).zeros(offset - at)
      at = offset + length
    }
    return true
  } catch (error) {
    if (systemCode(error) !== 'EFBIG') throw error
    return false
  } finally {
    fs.closeSync(descriptor)
  }
}
