/** Reads the map of the used blocks: bits, or bytes. */

import { PagesInFile } from './bit-pages.ts'
import { BitMap } from './block-map.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { rawCrc } from './checksums.ts'
import { damagedImage } from './damaged-image.ts'

/** Of the form in bits, at a time. */
const bitsBytes = 8192

export interface ReadMap {
  readonly map: BitMap
  /** partclone's CRC of the map; of a map of bytes also that of its form in bits. */
  readonly crcs: readonly number[]
}

/** One bit for each block, the first one in the lowest bit. `reread` reads the image at any place. */
export async function readBitMap(
  cursor: ByteCursor,
  blocks: number,
  reread?: (offset: number, into: Uint8Array) => number,
): Promise<ReadMap> {
  const map = reread
    ? new BitMap(blocks, new PagesInFile({ read: reread, start: cursor.position, blocks }))
    : new BitMap(blocks)
  let crc = 0xffff_ffff
  for await (const bytes of mapBytes(cursor, Math.ceil(blocks / 8))) {
    crc = rawCrc(bytes, crc)
    map.add(bytes)
  }
  return { map: map.finish(), crcs: [crc] }
}

/** One byte for each block: 1 is a used one, anything else is not. */
export async function readByteMap(cursor: ByteCursor, blocks: number): Promise<ReadMap> {
  const map = new BitMap(blocks)
  const bits = Buffer.alloc(bitsBytes)
  let crc = 0xffff_ffff
  let crcOfBits = 0xffff_ffff
  let filled = 0
  const flush = (): void => {
    const some = bits.subarray(0, Math.ceil(filled / 8))
    crcOfBits = rawCrc(some, crcOfBits)
    map.add(some)
    bits.fill(0)
    filled = 0
  }
  for await (const bytes of mapBytes(cursor, blocks)) {
    crc = rawCrc(bytes, crc)
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === 1) bits[filled >>> 3] = (bits[filled >>> 3] as number) | (1 << (filled & 7))
      if (++filled === bitsBytes * 8) flush()
    }
  }
  flush()
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
