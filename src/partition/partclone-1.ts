/** Images of partclone, version 0001 (partclone before 0.3.0). */

import { type BlockMap, mostBlocks } from './block-map.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { firstByteCheck, firstByteCrc, readUint32 } from './checksums.ts'
import { damagedImage } from './damaged-image.ts'
import { Fields } from './fields.ts'
import { framedLayout } from './framed-layout.ts'
import type { ImageLayout } from './image-layout.ts'
import { bitmapEnd, checkSizes } from './partclone.ts'
import { readByteMap } from './read-bit-map.ts'

export const partclone1Magic = 'partclone-image'
const headerBytes = 4160
/** No file system that partclone 0.2 knew has larger blocks. */
const mostBlockBytes = 16 << 20

/** Reads header and bitmap. This version has no checksum of either. */
export async function readPartclone1(
  cursor: ByteCursor,
  imageBytes: number | undefined,
): Promise<ImageLayout> {
  const bytes = await cursor.take(headerBytes, 'its header')
  const bigEndian = isBigEndian(bytes)
  const fields = new Fields(bytes, { bigEndian })
  const blockBytes = fields.uint32(36)
  const blocks = fields.uint64(48, 'the number of blocks')
  const usedByHeader = fields.uint64(56, 'the number of used blocks')
  if (blockBytes > mostBlockBytes) throw damagedImage(`its blocks have ${blockBytes} bytes`)
  checkSizes({ blocks, blockBytes })
  if (imageBytes !== undefined && blocks > imageBytes) {
    throw damagedImage(`its bitmap has ${blocks} bytes, but the image only ${imageBytes}`)
  }
  const { map } = await readByteMap(cursor, blocks)
  const end = Buffer.from(await cursor.take(bitmapEnd.length, 'the bitmap')).toString('latin1')
  if (end !== bitmapEnd) throw damagedImage(`${bitmapEnd} is missing after the bitmap`)
  const checkBytes = await findCheckBytes(cursor, { map, blockBytes, bigEndian, imageBytes })
  const warnings = ['version 0001: its checksums cover the first byte of each block only']
  if (map.used !== usedByHeader) {
    warnings.push(`the header counts ${usedByHeader} used blocks, the bitmap has ${map.used}`)
  }
  if (bigEndian) warnings.push('a big-endian machine wrote this image')
  return framedLayout({
    facts: {
      format: 'partclone',
      version: '0001',
      tool: null,
      fileSystem: fields.text(15, 15),
      // The header of some versions has less than the blocks need.
      deviceBytes: Math.max(fields.uint64(40, 'the size of the device'), blocks * blockBytes),
      blockBytes,
      blocks,
      blocksUsed: map.used,
      checksum: 'crc32',
      checksumBlocks: 1,
      warnings,
    },
    details: [
      { name: 'used by header', value: String(usedByHeader) },
      { name: 'bytes of a checksum', value: String(checkBytes) },
    ],
    coverage: 'first bytes',
    map,
    dataStart: cursor.position,
    groupBytes: blockBytes,
    checkBytes,
    hasLastCheck: true,
    newCheck: () => Promise.resolve(firstByteCheck(blockBytes, bigEndian)),
  })
}

/** The header has no mark of the byte order: only one order gives possible numbers. */
function isBigEndian(bytes: Uint8Array): boolean {
  return !isPossible(new Fields(bytes)) && isPossible(new Fields(bytes, { bigEndian: true }))
}

function isPossible(fields: Fields): boolean {
  try {
    const blockBytes = fields.uint32(36)
    const blocks = fields.uint64(48, 'the number of blocks')
    const isPower = blockBytes > 0 && blockBytes <= mostBlockBytes && (blockBytes & (blockBytes - 1)) === 0
    return isPower && blocks <= mostBlocks && fields.uint64(56, 'the number of used blocks') <= blocks
  } catch {
    return false // a number that no partition has
  }
}

/** Some builds for 64 bits wrote each CRC as a number of 8 bytes. */
async function findCheckBytes(
  cursor: ByteCursor,
  {
    map,
    blockBytes,
    bigEndian,
    imageBytes,
  }: {
    readonly map: BlockMap
    readonly blockBytes: number
    readonly bigEndian: boolean
    readonly imageBytes: number | undefined
  },
): Promise<4 | 8> {
  const sizes = [4, 8] as const
  const byLength = sizes.find((size) => imageBytes === cursor.position + map.used * (blockBytes + size))
  if (byLength !== undefined) return byLength
  const start = await cursor.peek(2 * (blockBytes + 8))
  if (map.used < 2) return start.length === blockBytes + 8 ? 8 : 4
  const nextCrc = firstByteCrc(blockBytes)
  // The CRC of the second block tells: it stands elsewhere.
  const fits = (size: 4 | 8): boolean => {
    const at = blockBytes + size
    if (start.length < 2 * at) return false
    const low = bigEndian ? size - 4 : 0
    const first = nextCrc(start[0] as number, 0xffff_ffff)
    return (
      readUint32(start.subarray(at + blockBytes + low), bigEndian) === nextCrc(start[at] as number, first)
    )
  }
  return fits(8) && !fits(4) ? 8 : 4
}
