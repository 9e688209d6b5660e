/**
 * Writes a partclone image of an empty partition of 2 TB: `node large-image.ts FILE`. Every 4096th block of
 * 4 KiB is used. The blocks themselves are a hole in the file.
 */

import fs from 'node:fs'
import zlib from 'node:zlib'

const blockBytes = 4096
const blocks = 2e12 / blockBytes
const [file = ''] = process.argv.slice(2)

/** partclone's CRC32 is not inverted at its end. */
const crcOf = (bytes: Uint8Array): Buffer => {
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(~zlib.crc32(bytes) >>> 0)
  return crc
}

const map = Buffer.alloc(Math.ceil(blocks / 8))
let used = 0
for (let block = 0; block < blocks; block += 4096) {
  map[block / 8] = 1
  used++
}
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
