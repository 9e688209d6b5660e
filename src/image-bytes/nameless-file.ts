/**
 * Files in the cache folder without a name: the kernel removes them when the process ends, however it ends.
 */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'

let count = 0

/** Makes the folder if necessary. Returns a descriptor. Throws `io` or `no-space`. */
export function openNameless(folder: string): number {
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

/** Writes all of `bytes` at `position`. Returns their number. Throws the system's errors. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): number {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done)
  }
  return bytes.length
}

/** Reads up to the end of the file. Returns the bytes that were read. */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let done = 0
  while (done < into.length) {
    const bytes = fs.readSync(fd, into, done, into.length - done, position + done)
    if (bytes === 0) break
    done += bytes
  }
  return done
}
