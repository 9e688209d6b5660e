/**
 * Writes a partclone image of a partition of 2 TB: `node large-image.ts FILE`. Half of its blocks are used,
 * as if by chance: no two parts of the bitmap are equal. The blocks themselves are a hole in the file.
 */

import fs from 'node:fs'
import zlib from 'node:zlib'
import { seededBytes } from './seeded.ts'

const blockBytes = 4096
const blocks = 2e12 / blockBytes
const [file = ''] = process.argv.slice(2)

/** partclone's CRC32 is not inverted at its end. */
const crcOf = (bytes: Uint8Array): Buffer => {
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(~zlib.crc32(bytes) >>> 0)
  return crc
}

const map = seededBytes('bitmap')(Math.ceil(blocks / 8))
map[map.length - 1] = 0
let used = 0
for (const byte of map) for (let bits: number = byte; bits > 0; bits &= bits - 1) used++
const header = Buffer.alloc(106)
header.write('partclone-image\0', 0, 'latin1')
header.write('0.3.23', 16, 'latin1')
header.write('0002', 30, 'latin1')
header.writeUInt16LE(0xc0de, 34)
header.write('EXTFS', 36, 'latin1')
header.writeBigUInt64LE(BigInt(blocks) * BigInt(blockBytes), 52)
header.writeBigUInt64LE(BigInt(blocks), 60)
header.writeBigUInt64LE(BigInt(used), 68)
header.writeBigUInt64LE(BigInt(used), 76)
header.writeUInt32LE(blockBytes, 84)
header.writeUInt32LE(18, 88)
header.writeUInt16LE(2, 92)
header.writeUInt16LE(64, 94)
header[104] = 1
header[105] = 1
const start = Buffer.concat([header, crcOf(header), map, crcOf(map)])
fs.writeFileSync(file, start)
fs.truncateSync(file, start.length + used * blockBytes)
