/**
 * The blocks of an xz file, from the indexes at the ends of its streams (the .xz file format, version 1.2).
 * Each can be decoded alone, as a stream of one block.
 */

import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import type { StoredBytes } from './stored-parts.ts'

export interface XzBlock {
  readonly offset: number
  /** Without the padding to 4 bytes. */
  readonly unpaddedBytes: number
  readonly size: number
  /** The stream's flags: the kind of its checksums. */
  readonly flags: number
}

const headerBytes = 12
const headerMagic = Buffer.from('fd377a585a00', 'hex')
const footerMagic = 0x595a
/** 16 bytes a block at least: some 4 million blocks, or 4 TB of the smallest usual ones. */
const mostIndexBytes = 64 << 20

/** In their order. Throws `damaged` if an index is, or if other data follows. */
export function readXzBlocks(stored: StoredBytes): readonly XzBlock[] {
  const streams: XzBlock[][] = []
  let end = withoutPadding(stored, stored.size)
  if (end === 0) throw damaged('it is cut short')
  while (end > 0) {
    const { blocks, start } = readStream(stored, end)
    streams.push(blocks)
    end = withoutPadding(stored, start)
  }
  return streams.reverse().flat()
}

/** Streams may be followed by zeros, four at a time. */
function withoutPadding(stored: StoredBytes, end: number): number {
  const piece = Buffer.alloc(4096)
  for (let at = end; at > 0;) {
    const bytes = piece.subarray(0, Math.min(piece.length, at))
    stored.readSync(at - bytes.length, bytes)
    let zeros = 0
    while (zeros < bytes.length && bytes[bytes.length - 1 - zeros] === 0) zeros++
    if (zeros < bytes.length) {
      const padding = end - at + zeros
      // The last bytes of a footer are no zeros.
      if (padding % 4 !== 0) throw damaged('it is cut short, or data follows its end')
      return at - zeros
    }
    at -= bytes.length
  }
  return 0
}

function readStream(stored: StoredBytes, end: number): { blocks: XzBlock[]; start: number } {
  const footer = read(stored, end - headerBytes, headerBytes)
  const isFooter =
    footer.readUInt16BE(10) === footerMagic && footer.readUInt32LE(0) === zlib.crc32(footer.subarray(4, 10))
  if (!isFooter) throw damaged('it is cut short, or data follows its end')
  const indexBytes = (footer.readUInt32LE(4) + 1) * 4
  const indexAt = end - headerBytes - indexBytes
  if (indexBytes > mostIndexBytes || indexAt < headerBytes) throw damaged('its index is corrupt')
  const index = read(stored, indexAt, indexBytes)
  if (index[0] !== 0 || index.readUInt32LE(indexBytes - 4) !== zlib.crc32(index.subarray(0, -4))) {
    throw damaged('its index is corrupt')
  }
  const flags = footer[9] as number
  const records = recordsOf(index)
  const blocksBytes = records.reduce((sum, { unpaddedBytes }) => sum + padded(unpaddedBytes), 0)
  const start = indexAt - blocksBytes - headerBytes
  if (start < 0 || !read(stored, start, headerBytes).equals(xzHeader(flags)))
    throw damaged('its index is corrupt')
  let offset = start + headerBytes
  const blocks = records.map((record) => {
    const block = { ...record, offset, flags }
    offset += padded(record.unpaddedBytes)
    return block
  })
  return { blocks, start }
}

function recordsOf(index: Buffer): Pick<XzBlock, 'unpaddedBytes' | 'size'>[] {
  const end = index.length - 4
  let at = 1
  const number = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = index[at++]
      if (byte === undefined || at > end || scale > 2 ** 49) throw damaged('its index is corrupt')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const count = number()
  // A record takes two bytes at least.
  if (count > index.length / 2) throw damaged('its index is corrupt')
  return Array.from({ length: count }, () => {
    const unpaddedBytes = number()
    if (unpaddedBytes < 5) throw damaged('its index is corrupt')
    return { unpaddedBytes, size: number() }
  })
}

/** A stream that holds only the block whose padded bytes are `block`. */
export function asXzStream(block: Buffer, { unpaddedBytes, size, flags }: XzBlock): Buffer {
  const record = Buffer.concat([Buffer.from([0, 1]), numberBytes(unpaddedBytes), numberBytes(size)])
  const index = Buffer.concat([record, Buffer.alloc((4 - (record.length % 4)) % 4)])
  const footer = Buffer.alloc(headerBytes)
  footer.writeUInt32LE((index.length + 4) / 4 - 1, 4)
  footer[9] = flags
  footer.writeUInt32LE(zlib.crc32(footer.subarray(4, 10)), 0)
  footer.writeUInt16BE(footerMagic, 10)
  return Buffer.concat([xzHeader(flags), block, index, checksum(index), footer])
}

function xzHeader(flags: number): Buffer {
  const both = Buffer.from([0, flags])
  return Buffer.concat([headerMagic, both, checksum(both)])
}

function numberBytes(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

function checksum(bytes: Buffer): Buffer {
  const result = Buffer.alloc(4)
  result.writeUInt32LE(zlib.crc32(bytes))
  return result
}

/** Blocks begin at a multiple of 4 bytes. */
export const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4

function read(stored: StoredBytes, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  if (offset < 0 || stored.readSync(offset, bytes) < length) throw damaged('it is cut short')
  return bytes
}

const damaged = (why: string): ButcherError => new ButcherError('damaged', `the xz data is damaged: ${why}`)
