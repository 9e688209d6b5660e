/** Images of partclone, version 0002 (partclone 0.3.0 and later). */

import { counted } from '../format/counted-text.ts'
import { allUsed, type BlockMap, mostBlocks } from './block-map.ts'
import { readBitMap, readByteMap } from './read-bit-map.ts'
import type { ImageBytes } from '../image-bytes/image-bytes.ts'
import { type ByteCursor, isPlain } from './byte-cursor.ts'
import { crcCheck, type GroupCheck, type GroupOptions, rawCrc, readUint32, xxhCheck } from './checksums.ts'
import { damagedImage } from './damaged-image.ts'
import { Fields } from './fields.ts'
import { framedLayout } from './framed-layout.ts'
import type { ImageLayout } from './image-layout.ts'
import type { ChecksumKind, Detail } from './partition-image.ts'

export const partcloneMagic = 'partclone-image\0'
const headerBytes = 110

/** The numbers on disk. partclone's own page of the format has others. */
const checksums: ReadonlyMap<number, { readonly kind: ChecksumKind; readonly bytes: number }> = new Map([
  [0x00, { kind: 'none', bytes: 0 }],
  [0x20, { kind: 'crc32', bytes: 4 }],
  [0x30, { kind: 'xxh64', bytes: 8 }],
  [0x31, { kind: 'xxh128', bytes: 16 }],
])

/** After the bitmap of version 0001. */
export const bitmapEnd = 'BiTmAgIc'

const bitmapNone = 0
const bitmapBits = 1
const bitmapBytes = 8

/** partclone's own limit. */
const mostBlockBytes = 64 << 20

interface Header {
  readonly bigEndian: boolean
  readonly tool: string
  readonly fileSystem: string
  readonly deviceBytes: number
  readonly blocks: number
  readonly usedBySuperBlock: number
  readonly usedByBitmap: number
  readonly blockBytes: number
  readonly cpuBits: number
  readonly checksum: ChecksumKind
  readonly checkBytes: number
  readonly checksumBlocks: number
  readonly reseed: boolean
  readonly bitmap: number
}

/** Reads header and bitmap. `onFault` hears of a wrong checksum; it may throw. */
export async function readPartclone(
  cursor: ByteCursor,
  image: ImageBytes,
  onFault: (message: string) => void,
): Promise<ImageLayout> {
  const bytes = await cursor.take(headerBytes, 'its header')
  const header = readHeader(bytes, onFault)
  const { blocks, blockBytes, bigEndian, deviceBytes } = header
  const map = await readMap(cursor, header, image, onFault)
  const warnings: string[] = []
  if (map.used !== header.usedByBitmap) {
    warnings.push(`the header counts ${header.usedByBitmap} used blocks, the bitmap has ${map.used}`)
  }
  if (header.checksum === 'none') warnings.push('the blocks have no checksums: damage cannot be found')
  if (bigEndian) warnings.push('a big-endian machine wrote this image')
  const options: GroupOptions = { reseed: header.reseed, bigEndian }
  return framedLayout({
    facts: {
      format: 'partclone',
      version: '0002',
      tool: header.tool === '' ? null : header.tool,
      fileSystem: header.fileSystem,
      deviceBytes,
      blockBytes,
      blocks,
      blocksUsed: map.used,
      checksum: header.checksum,
      checksumBlocks: header.checksumBlocks,
      warnings,
    },
    details: detailsOf(header),
    coverage: header.checksum === 'none' ? 'nothing' : 'every byte',
    map,
    dataStart: cursor.position,
    groupBytes: header.checkBytes === 0 ? Infinity : header.checksumBlocks * blockBytes,
    checkBytes: header.checkBytes,
    hasLastCheck: true,
    newCheck: () => newCheck(header.checksum, options),
  })
}

async function newCheck(kind: ChecksumKind, options: GroupOptions): Promise<GroupCheck | undefined> {
  if (kind === 'none') return undefined
  return kind === 'crc32' ? crcCheck(options) : xxhCheck(kind === 'xxh64' ? 64 : 128, options)
}

function readHeader(bytes: Uint8Array, onFault: (message: string) => void): Header {
  const mark = (bytes[34] as number) * 256 + (bytes[35] as number)
  if (mark !== 0xdec0 && mark !== 0xc0de) throw damagedImage('its byte order is not known')
  const bigEndian = mark === 0xc0de
  const fields = new Fields(bytes, { bigEndian })
  if (rawCrc(bytes.subarray(0, 106)) !== fields.uint32(106)) onFault('the header does not match its checksum')
  if (fields.uint32(88) !== 18 || fields.uint16(92) !== 2)
    throw damagedImage('its header is of an unknown form')
  const mode = checksums.get(fields.uint16(96))
  if (!mode) throw damagedImage(`its checksum mode ${fields.uint16(96)} is not known`, 'get a newer butcher')
  const header: Header = {
    bigEndian,
    tool: fields.text(16, 14),
    fileSystem: fields.text(36, 16),
    deviceBytes: fields.uint64(52, 'the size of the device'),
    blocks: fields.uint64(60, 'the number of blocks'),
    usedBySuperBlock: fields.uint64(68, 'the number of used blocks'),
    usedByBitmap: fields.uint64(76, 'the number of used blocks'),
    blockBytes: fields.uint32(84),
    cpuBits: fields.uint16(94),
    checksum: mode.kind,
    checkBytes: mode.bytes,
    checksumBlocks: mode.bytes === 0 ? 0 : fields.uint32(100),
    reseed: fields.uint8(104) !== 0,
    bitmap: fields.uint8(105),
  }
  if (fields.uint16(98) !== mode.bytes)
    throw damagedImage(`its checksums have ${counted(fields.uint16(98), 'byte')}`)
  if (mode.bytes > 0 && header.checksumBlocks === 0) throw damagedImage('its checksums cover no blocks')
  checkSizes(header)
  if (header.blocks * header.blockBytes > header.deviceBytes) {
    throw damagedImage(
      `${header.blocks} blocks of ${header.blockBytes} bytes do not fit in ${header.deviceBytes} bytes`,
    )
  }
  return header
}

/** Throws `damaged` for numbers that no partition has. */
export function checkSizes({
  blocks,
  blockBytes,
}: {
  readonly blocks: number
  readonly blockBytes: number
}): void {
  if (blockBytes < 1 || blockBytes > mostBlockBytes) throw damagedImage(`its blocks have ${blockBytes} bytes`)
  if (blocks > mostBlocks) throw damagedImage(`it has ${blocks} blocks, more than butcher can read`)
  if (!Number.isSafeInteger(blocks * blockBytes)) throw damagedImage(`it has ${blocks} blocks`)
}

async function readMap(
  cursor: ByteCursor,
  { bitmap, blocks, bigEndian }: Header,
  image: ImageBytes,
  onFault: (message: string) => void,
): Promise<BlockMap> {
  if (bitmap === bitmapNone) return allUsed(blocks)
  if (bitmap !== bitmapBits && bitmap !== bitmapBytes)
    throw damagedImage(`its bitmap mode ${bitmap} is not known`)
  const size = bitmap === bitmapBits ? Math.ceil(blocks / 8) : blocks
  if (image.size !== undefined && size + 4 > image.size - headerBytes) {
    throw damagedImage(`its bitmap has ${size} bytes, but the image only ${image.size}`)
  }
  const reread = isPlain(image) ? image.readAtSync : undefined
  const { map, crcs } =
    bitmap === bitmapBits ? await readBitMap(cursor, blocks, reread) : await readByteMap(cursor, blocks)
  const end = await cursor.take(4, 'the bitmap')
  // partclone's writer ends a map of bytes with a CRC, its reader expects the word of version 0001.
  const isOldEnd = bitmap === bitmapBytes && Buffer.from(end).toString('latin1') === bitmapEnd.slice(0, 4)
  if (isOldEnd) await cursor.take(4, 'the bitmap')
  else if (!crcs.includes(readUint32(end, bigEndian))) onFault('the bitmap does not match its checksum')
  return map
}

function detailsOf(header: Header): Detail[] {
  const { usedBySuperBlock, usedByBitmap, cpuBits, reseed, checksum, bitmap, bigEndian } = header
  return [
    { name: 'used by super block', value: String(usedBySuperBlock) },
    { name: 'used by header', value: String(usedByBitmap) },
    ...(checksum === 'none'
      ? []
      : [{ name: 'each checksum', value: reseed ? 'of its blocks' : 'of all blocks so far' }]),
    { name: 'bitmap', value: bitmap === bitmapNone ? 'none, every block is stored' : 'a bit for each block' },
    { name: 'written on', value: `a ${bigEndian ? 'big' : 'little'}-endian machine of ${cpuBits} bits` },
  ]
}
