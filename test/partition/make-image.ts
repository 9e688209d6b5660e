/** Images that no program at hand can make: other byte orders, maps and versions. */

import zlib from 'node:zlib'
import { createXXHash128, createXXHash64 } from 'hash-wasm'

/** The CRC32 of partclone. */
const crc = (data: Uint8Array, before = 0xffff_ffff): number => ~zlib.crc32(data, ~before >>> 0) >>> 0

/** Block number `i` of every image made here. */
export function blockOf(i: number, blockBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes, i * 37 + 11)
  block.writeUInt32LE((i * 2_654_435_761) % 2 ** 32, blockBytes - 4)
  return block
}

export interface Wanted {
  readonly blockBytes?: number
  readonly blocks?: number
  readonly used?: readonly number[]
  readonly bigEndian?: boolean
}

const someUsed = [0, 1, 2, 5, 6, 7, 8, 9, 31, 32, 33, 63, 64, 70, 98]

const defaults = { blockBytes: 512, blocks: 99, used: someUsed, bigEndian: false }

/** The partition that the images hold. */
export function partitionOf(wanted: Wanted): Buffer {
  const { blockBytes, blocks, used } = { ...defaults, ...wanted }
  const raw = Buffer.alloc(blockBytes * blocks)
  for (const i of used) blockOf(i, blockBytes).copy(raw, i * blockBytes)
  return raw
}

class Writer {
  readonly pieces: Buffer[] = []
  readonly #bigEndian: boolean

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  text(text: string, size: number): this {
    return this.bytes(Buffer.from(text.padEnd(size, '\0'), 'latin1'))
  }

  bytes(bytes: Uint8Array): this {
    this.pieces.push(Buffer.from(bytes))
    return this
  }

  number(value: number | bigint, size: number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
    const cut = bytes.subarray(0, size)
    return this.bytes(this.#bigEndian ? cut.reverse() : cut)
  }

  all(): Buffer {
    return Buffer.concat(this.pieces)
  }
}

export interface Partclone extends Wanted {
  readonly mode?: 0 | 0x20 | 0x30 | 0x31
  /** Blocks for one checksum. */
  readonly group?: number
  readonly reseed?: boolean
  readonly map?: 'none' | 'bits' | 'bytes' | 'bytes, old end'
}

/** Version 0002. With the map `none` every block is used. */
export async function makePartclone(wanted: Partclone): Promise<Buffer> {
  const { blockBytes, blocks, bigEndian } = { ...defaults, ...wanted }
  const { mode = 0x20, group = 4, reseed = true, map = 'bits' } = wanted
  const used = map === 'none' ? Array.from({ length: blocks }, (_, i) => i) : { ...defaults, ...wanted }.used
  const head = new Writer(bigEndian)
    .text('partclone-image', 16)
    .text('0.3.47', 14)
    .text('0002', 4)
    .bytes(Buffer.from(bigEndian ? 'c0de' : 'dec0', 'hex'))
    .text('EXTFS', 16)
    .number(blockBytes * blocks, 8)
    .number(blocks, 8)
    .number(used.length + 1, 8)
    .number(used.length, 8)
    .number(blockBytes, 4)
    .number(18, 4)
    .number(2, 2)
    .number(64, 2)
    .number(mode, 2)
    .number({ 0: 0, 0x20: 4, 0x30: 8, 0x31: 16 }[mode], 2)
    .number(mode === 0 ? 0 : group, 4)
    .number(reseed ? 1 : 0, 1)
    .number({ none: 0, bits: 1, bytes: 8, 'bytes, old end': 8 }[map], 1)
  const image = new Writer(bigEndian).bytes(head.all()).number(crc(head.all()), 4)
  const bits = Buffer.alloc(Math.ceil(blocks / 8))
  const bytes = Buffer.alloc(blocks)
  for (const i of used) {
    bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
    bytes[i] = 1
  }
  if (map === 'bits') image.bytes(bits).number(crc(bits), 4)
  if (map === 'bytes') image.bytes(bytes).number(crc(bits), 4)
  if (map === 'bytes, old end') image.bytes(bytes).text('BiTmAgIc', 8)
  let sinceSeed: Buffer[] = []
  for (const [rank, i] of used.entries()) {
    const block = blockOf(i, blockBytes)
    image.bytes(block)
    sinceSeed.push(block)
    if (mode === 0 || ((rank + 1) % group > 0 && rank + 1 < used.length)) continue
    image.bytes(await checksum(mode, Buffer.concat(sinceSeed), bigEndian))
    if (reseed) sinceSeed = []
  }
  return image.all()
}

async function checksum(mode: 0x20 | 0x30 | 0x31, data: Buffer, bigEndian: boolean): Promise<Buffer> {
  if (mode === 0x20) return new Writer(bigEndian).number(crc(data), 4).all()
  const hasher = await (mode === 0x30 ? createXXHash64() : createXXHash128())
  // The canonical digest is one large number; a machine stores it as words, the low one first.
  const hex = hasher.init().update(data).digest('hex')
  const words = (hex.match(/.{16}/g) ?? []).reverse()
  return words.reduce((image, word) => image.number(BigInt(`0x${word}`), 8), new Writer(bigEndian)).all()
}

/** Version 0001. `crcBytes`: some builds for 64 bits wrote 8. */
export function makePartclone1(wanted: Wanted & { readonly crcBytes?: 4 | 8 }): Buffer {
  const { blockBytes, blocks, used, bigEndian } = { ...defaults, ...wanted }
  const image = new Writer(bigEndian)
    .text('partclone-image', 15)
    .text('EXTFS', 15)
    .text('0001', 4)
    .number(0, 2)
    .number(blockBytes, 4)
    .number(blockBytes * blocks, 8)
    .number(blocks, 8)
    .number(used.length, 8)
    .text('', 4096)
  // Any other value than 1 is an unused block.
  image.bytes(
    Buffer.from(Array.from({ length: blocks }, (_, i) => (used.includes(i) ? 1 : i % 5 === 0 ? 7 : 0))),
  )
  image.text('BiTmAgIc', 8)
  let running = 0xffff_ffff
  for (const i of used) {
    const block = blockOf(i, blockBytes)
    running = crc(Buffer.alloc(blockBytes, block[0]), running)
    image.bytes(block).number(running, wanted.crcBytes ?? 4)
  }
  return image.all()
}

/** ntfsclone. Versions before 10 have the version of NTFS, and the byte order of their machine. */
export function makeNtfsclone(
  wanted: Wanted & { readonly version: readonly [major: number, minor: number]; readonly tail?: Buffer },
): Buffer {
  const { blockBytes, blocks, used, bigEndian } = { ...defaults, ...wanted }
  const { tail } = wanted
  const image = new Writer(bigEndian)
    .text('\0ntfsclone-image', 16)
    .bytes(Buffer.from(wanted.version))
    .number(blockBytes, 4)
    .number(blockBytes * blocks + (tail?.length ?? 0), 8)
    .number(blocks, 8)
    .number(used.length, 8)
    .number(wanted.version[0] < 10 ? 0 : 56, 4)
    .text('', 6)
  let next = 0
  const gapTo = (cluster: number): void => {
    if (cluster !== next) image.number(0, 1).number(cluster - next, 8)
    next = cluster
  }
  for (const i of used) {
    gapTo(i)
    image.number(1, 1).bytes(blockOf(i, blockBytes))
    next = i + 1
  }
  gapTo(blocks)
  if (tail) image.number(1, 1).bytes(tail)
  return image.all()
}
