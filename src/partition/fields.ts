/** Reads the fields of a header. */

import { damagedImage } from './damaged-image.ts'

export class Fields {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #littleEndian: boolean

  constructor(bytes: Uint8Array, { bigEndian = false } = {}) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#littleEndian = !bigEndian
  }

  uint8(at: number): number {
    return this.#view.getUint8(at)
  }

  uint16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian)
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian)
  }

  /** Throws `damaged` for a number that no partition has. `name`: of the field. */
  uint64(at: number, name: string): number {
    const value = this.#view.getBigUint64(at, this.#littleEndian)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damagedImage(`${name} is ${value}`)
    return Number(value)
  }

  /** The printable ASCII text up to the first NUL. */
  text(at: number, size: number): string {
    const bytes = this.#bytes.subarray(at, at + size)
    const end = bytes.indexOf(0)
    const text = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1')
    return text.replaceAll(/[^ -~]/g, '?').trim()
  }
}
