/** Reads the map of the used blocks: bits, or bytes. */

import { BitMap } from './block-map.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { rawCrc } from './checksums.ts'
import { damagedImage } from './damaged-image.ts'

export interface ReadMap {
  readonly map: BitMap
  /** partclone's CRC of the map; of a map of bytes also that of its form in bits. */
  readonly crcs: readonly number[]
}

/** One bit for each block, the first one in the lowest bit. */
export async function readBitMap(cursor: ByteCursor, blocks: number): Promise<ReadMap> {
  const map = new BitMap(blocks)
  const joined = new Words((word) => map.add(word))
  let crc = 0xffff_ffff
  for await (const bytes of mapBytes(cursor, Math.ceil(blocks / 8))) {
    crc = rawCrc(bytes, crc)
    for (let i = 0; i < bytes.length; i++) joined.add(bytes[i] as number, 8)
  }
  joined.finish()
  return { map: map.finish(), crcs: [crc] }
}

/** One byte for each block: 1 is a used one, anything else is not. */
export async function readByteMap(cursor: ByteCursor, blocks: number): Promise<ReadMap> {
  const map = new BitMap(blocks)
  const word = Buffer.alloc(4)
  let crc = 0xffff_ffff
  let crcOfBits = 0xffff_ffff
  let bytesOfBits = Math.ceil(blocks / 8)
  const joined = new Words((value) => {
    map.add(value)
    word.writeUInt32LE(value)
    crcOfBits = rawCrc(word.subarray(0, bytesOfBits), crcOfBits)
    bytesOfBits -= 4
  })
  for await (const bytes of mapBytes(cursor, blocks)) {
    crc = rawCrc(bytes, crc)
    for (let i = 0; i < bytes.length; i++) joined.add(bytes[i] === 1 ? 1 : 0, 1)
  }
  joined.finish()
  return { map: map.finish(), crcs: [crc, crcOfBits] }
}

async function* mapBytes(cursor: ByteCursor, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0;) {
    const bytes = await cursor.some(left)
    if (bytes.length === 0) throw damagedImage('the image ends inside the bitmap')
    left -= bytes.length
    yield bytes
  }
}

/** Joins bits to words of 32. */
class Words {
  readonly #onWord: (word: number) => void
  #word = 0
  #bits = 0

  constructor(onWord: (word: number) => void) {
    this.#onWord = onWord
  }

  add(value: number, bits: number): void {
    this.#word |= value << this.#bits
    this.#bits += bits
    if (this.#bits === 32) this.#end()
  }

  finish(): void {
    if (this.#bits > 0) this.#end()
  }

  #end(): void {
    this.#onWord(this.#word >>> 0)
    this.#word = 0
    this.#bits = 0
  }
}
