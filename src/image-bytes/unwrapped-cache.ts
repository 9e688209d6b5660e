/** A whole image, unwrapped into a sparse file that has no name: the kernel removes it when the process ends. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import type { RandomAccess } from './image-bytes.ts'

/** Zeros of this size become holes. It is the block size of most file systems. */
const holeBytes = 4096
/** Bytes that are written between two looks at the free space. */
const checkedBytes = 64 << 20

const zeros = Buffer.alloc(holeBytes)

/** Throws `no-space` before the file system is full, `io`, and the errors of `bytes`. */
export async function unwrapToCache(bytes: AsyncIterable<Uint8Array>, folder: string): Promise<RandomAccess> {
  const fd = openNameless(folder)
  try {
    const size = await write(fd, bytes, folder)
    return {
      size,
      readAtSync: (offset, into) => readAll(fd, offset, into, folder),
      close: () => fs.closeSync(fd),
    }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

let count = 0

function openNameless(folder: string): number {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = path.join(folder, `unwrapped-${process.pid}-${count++}`)
    const fd = fs.openSync(file, 'wx+', 0o600)
    fs.unlinkSync(file)
    return fd
  } catch (error) {
    throw asButcherError(error, 'cannot write to the cache folder', folder)
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

function writeAll(fd: number, bytes: Uint8Array, position: number): number {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
  }
  return bytes.length
}

function readAll(fd: number, offset: number, into: Uint8Array, folder: string): number {
  try {
    let done = 0
    while (done < into.length) {
      const bytes = fs.readSync(fd, into, done, into.length - done, offset + done)
      if (bytes === 0) break
      done += bytes
    }
    return done
  } catch (error) {
    throw asButcherError(error, 'cannot read from the cache folder', folder)
  }
}

const noRoom = (folder: string): ButcherError =>
  new ButcherError('no-space', `cannot unwrap the image: no room is left in ${folder}`, {
    path: folder,
    hint: 'give a folder with more room by --cache-dir',
  })
