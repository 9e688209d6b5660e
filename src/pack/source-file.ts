/** Reads source files in a worker thread: synchronously, without following links or changing access times. */

import { keptTime } from '../format/kept-time.ts'
import fs from 'node:fs'
import { openToRead } from '../files/open-to-read.ts'
import { fileInSource, givenLength, type SourceTree } from '../format/source-tree.ts'

const { O_NONBLOCK, O_NOATIME } = fs.constants

/** Files up to this size are read whole before their header is written. */
export const wholeFileBytes = 4 << 20
const pieceBytes = 1 << 20

/** The fields that show whether a file has changed. */
export interface FileIdentity {
  readonly size: number
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
}

export interface OpenFile {
  readonly fd: number
  readonly stat: fs.BigIntStats
}

/**
 * Opens `path` below `source`. Keeps access times if the system allows it (O_NOATIME needs the file's owner).
 * Throws the system's errors, ELOOP for a symlink.
 */
export function openFile(source: SourceTree, path: string): number {
  const file = fileInSource(source, path)
  try {
    return openToRead(file, O_NONBLOCK | (O_NOATIME ?? 0))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    return openToRead(file, O_NONBLOCK)
  }
}

/** Opens `path` and reads its metadata. */
export function openSource(source: SourceTree, path: string): OpenFile {
  const fd = openFile(source, path)
  try {
    return { fd, stat: fs.fstatSync(fd, { bigint: true }) }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

/** Whether a folder above `path` is now a symlink, so that `path` may lead outside the source. */
export function isBehindLink(source: SourceTree, path: string): boolean {
  const given = givenLength(source, path)
  for (let end = path.lastIndexOf('/'); end > given; end = path.lastIndexOf('/', end - 1)) {
    const folder = fileInSource(source, path.slice(0, end))
    if (fs.lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() !== false) return true
  }
  return false
}

export const identityOf = (stat: fs.BigIntStats): FileIdentity => ({
  size: Number(stat.size),
  mtime: keptTime(stat.mtimeNs),
  ctime: keptTime(stat.ctimeNs),
  inode: stat.ino,
})

export const isSame = (a: FileIdentity, b: FileIdentity): boolean =>
  a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime && a.inode === b.inode

/** All reads share this memory. */
const scratch = Buffer.allocUnsafeSlow(wholeFileBytes + 1)

/**
 * Reads the file to its end, or one byte more than `limit` (at most `wholeFileBytes`). The bytes are valid
 * until the next call. After exactly `expected` bytes, it does not check for the end.
 */
export function readWhole(fd: number, limit: number, expected = -1): Buffer {
  const buffer = scratch
  let length = 0
  while (length <= limit && length !== expected) {
    const read = fs.readSync(fd, buffer, length, limit + 1 - length, length)
    if (read === 0) break
    length += read
  }
  return buffer.subarray(0, length)
}

/**
 * Reads `length` bytes from `offset` in pieces of 1 MiB, fewer if the file ends. `onPiece` sees each piece
 * first. A piece is valid until the next one.
 */
export function* readRange(
  fd: number,
  offset: number,
  length: number,
  onPiece: (piece: Uint8Array) => void,
): Generator<Uint8Array> {
  let done = 0
  while (done < length) {
    const read = fs.readSync(fd, scratch, 0, Math.min(pieceBytes, length - done), offset + done)
    if (read === 0) return
    done += read
    const piece = scratch.subarray(0, read)
    onPiece(piece)
    yield piece
  }
}

/**
 * Runs `digest` on the file. Undefined if the file is not the one the walk saw, or changes meanwhile: its
 * digest would belong to another content.
 */
export function ofSameFile<T>(
  source: SourceTree,
  file: FileIdentity & { readonly path: string },
  digest: (fd: number, stat: fs.BigIntStats) => T,
): T | undefined {
  const { fd, stat } = openSource(source, file.path)
  try {
    if (!stat.isFile() || !isSame(identityOf(stat), file)) return undefined
    const result = digest(fd, stat)
    return isSame(identityOf(fs.fstatSync(fd, { bigint: true })), file) ? result : undefined
  } finally {
    fs.closeSync(fd)
  }
}
