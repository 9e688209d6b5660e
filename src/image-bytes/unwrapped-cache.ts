/** A whole image, unwrapped into a sparse file without a name. */

import fs from 'node:fs'
import { asButcherError, ButcherError } from '../errors.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import type { RandomAccess } from './image-bytes.ts'
import { openNameless, readFully, writeAll } from './nameless-file.ts'

/** Zeros of this size become holes. It is the block size of most file systems. */
const holeBytes = 4096
/** Bytes that are written between two looks at the free space. */
const checkedBytes = 64 << 20

const zeros = Buffer.alloc(holeBytes)

/**
 * Throws `no-space` before the file system is full, or at once if `expectedBytes` do not fit, `io`, and the
 * errors of `bytes`.
 */
export async function unwrapToCache(
  bytes: AsyncIterable<Uint8Array>,
  folder: string,
  expectedBytes = 0,
): Promise<RandomAccess> {
  const fd = openNameless(folder)
  try {
    if (freeBytesIn(folder) < expectedBytes) throw noRoom(folder)
    const size = await write(fd, bytes, folder)
    return {
      size,
      readAtSync: (offset, into) => {
        try {
          return readFully(fd, into, offset)
        } catch (error) {
          throw asButcherError(error, 'cannot read from the cache folder', folder)
        }
      },
      close: () => fs.closeSync(fd),
    }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

async function write(fd: number, bytes: AsyncIterable<Uint8Array>, folder: string): Promise<number> {
  let size = 0
  let unchecked = checkedBytes
  for await (const piece of bytes) {
    try {
      if (unchecked >= checkedBytes) {
        if (freeBytesIn(folder) < checkedBytes) throw noRoom(folder)
        unchecked = 0
      }
      unchecked += writeData(fd, piece, size)
    } catch (error) {
      throw asButcherError(error, 'cannot write to the cache folder', folder)
    }
    size += piece.length
  }
  fs.ftruncateSync(fd, size)
  return size
}

/** Writes all but zeros. Returns the bytes that were written. */
function writeData(fd: number, piece: Uint8Array, position: number): number {
  let written = 0
  let from = 0
  for (let at = 0; at < piece.length;) {
    const end = Math.min(piece.length, at + holeBytes - ((position + at) % holeBytes))
    if (isZero(piece.subarray(at, end))) {
      written += writeAll(fd, piece.subarray(from, at), position + from)
      from = end
    }
    at = end
  }
  return written + writeAll(fd, piece.subarray(from), position + from)
}

const isZero = (bytes: Uint8Array): boolean => zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0

const noRoom = (folder: string): ButcherError =>
  new ButcherError('no-space', `cannot unwrap the image: no room is left in ${folder}`, {
    path: folder,
    hint: 'give a folder with more room by --cache-dir',
  })
