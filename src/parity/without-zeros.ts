/**
 * par2 hashes every block whose quick checksum matches one in the set. Unreadable sectors of an image are
 * zeros. The set may have a block of zeros, like the end of a tar. Then par2 hashes a block at every byte of
 * the zeros. For a scratch, this would take years.
 */

import fs from 'node:fs'
import path from 'node:path'
import { writeAll } from '../files/durable.ts'
import { sectorBytes } from '../format/medium.ts'

const pieceBytes = 512 * sectorBytes

/**
 * Copies an image to `folder` with each run of zeros shortened to less than a block. Adds a file with one
 * block of zeros, so that par2 finds that block. Returns both files.
 */
export function copyWithoutZeros(image: string, folder: string, blockBytes: number): string[] {
  const [copy, block] = [path.join(folder, 'image'), path.join(folder, 'zeros')]
  fs.writeFileSync(block, Buffer.alloc(blockBytes))
  const input = fs.openSync(image, 'r')
  try {
    const output = fs.openSync(copy, 'w')
    try {
      const buffer = Buffer.allocUnsafeSlow(pieceBytes)
      // The sectors at both ends of a run may begin or end with zeros, which are kept.
      const most = Math.max(0, Math.floor(blockBytes / sectorBytes) - 3)
      let zeros = 0
      for (let read; (read = fs.readSync(input, buffer)) > 0;) {
        for (let at = 0; at < read; at += sectorBytes) {
          const sector = buffer.subarray(at, Math.min(read, at + sectorBytes))
          zeros = isZero(sector) ? zeros + 1 : 0
          if (zeros <= most) writeAll(output, sector)
        }
      }
    } finally {
      fs.closeSync(output)
    }
  } finally {
    fs.closeSync(input)
  }
  return [copy, block]
}

const zeroSector = Buffer.alloc(sectorBytes)
const isZero = (sector: Buffer): boolean => zeroSector.subarray(0, sector.length).equals(sector)
