/** The sums of a file that PAR2 keeps: MD5 of all, and MD5 and CRC32 of each block. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { crc32 } from 'node:zlib'
import { asButcherError, ButcherError } from '../errors.ts'

export interface HashTask {
  readonly file: string
  readonly sizeBytes: number
  readonly blockBytes: number
}

export interface FileSums {
  readonly md5: Uint8Array
  /** For each block 16 bytes of MD5 and 4 of CRC32. The last block is filled with zeros. */
  readonly blocks: Uint8Array
}

const pieceBytes = 1 << 20

/** Throws `io`, also if the file has another size. */
export function hashBlocks({ file, sizeBytes, blockBytes }: HashTask): FileSums {
  let fd: number
  try {
    fd = fs.openSync(file, 'r')
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
  try {
    return hashDescriptor(fd, file, sizeBytes, blockBytes)
  } finally {
    fs.closeSync(fd)
  }
}

function hashDescriptor(fd: number, file: string, sizeBytes: number, blockBytes: number): FileSums {
  const whole = createHash('md5')
  const blocks: Buffer[] = []
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, blockBytes))
  for (let start = 0; start < sizeBytes; start += blockBytes) {
    const md5 = createHash('md5')
    let checksum = 0
    for (let done = 0; done < blockBytes;) {
      const part = piece.subarray(0, blockBytes - done)
      const wanted = Math.max(0, Math.min(part.length, sizeBytes - start - done))
      readFully(fd, file, part.subarray(0, wanted), start + done)
      part.fill(0, wanted)
      whole.update(part.subarray(0, wanted))
      md5.update(part)
      checksum = crc32(part, checksum)
      done += part.length
    }
    const sum = Buffer.alloc(4)
    sum.writeUInt32LE(checksum)
    blocks.push(md5.digest(), sum)
  }
  return { md5: whole.digest(), blocks: Buffer.concat(blocks) }
}

function readFully(fd: number, file: string, into: Uint8Array, from: number): void {
  for (let done = 0; done < into.length;) {
    const count = fs.readSync(fd, into, done, into.length - done, from + done)
    if (count === 0) throw becameShorter(file)
    done += count
  }
}

export const becameShorter = (file: string): ButcherError =>
  new ButcherError('io', `cannot read ${file}: it became shorter`, { path: file })
