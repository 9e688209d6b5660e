/**
 * Indexes of large images, kept in the cache folder for the next time. A file holds the windows, then the
 * index as JSON, then the length and the checksum of the JSON. It is keyed by the device, inode, size and
 * time of all parts.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { draftOf, makeRoom } from '../files/kept-files.ts'
import { readFully, writeAll } from './nameless-file.ts'
import type { StoredBytes } from './stored-parts.ts'
import type { Stretches } from './stretches.ts'
import { Windows } from './windows.ts'

/** The pass over a smaller image takes about a second. */
const leastStoredBytes = 64 << 20
/**
 * All indexes together. The oldest ones are removed. An index of gzip takes about 1 % of the unwrapped image.
 */
const mostKeptBytes = 2 ** 30
const ending = '.index'
const footerBytes = 16
/** Changes with the form of the indexes. */
const version = 1

interface Saved<Point> {
  readonly identity: string
  readonly windowBytes: number
  readonly stretches: Stretches<Point>
}

const fileFor = (folder: string, identity: string): string =>
  path.join(folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}${ending}`)

const identityOf = (stored: StoredBytes): string => `${version} ${stored.identity}`

/** Undefined if there is none, or a damaged one. */
export function loadIndex<Point>(
  stored: StoredBytes,
  folder: string,
): { readonly stretches: Stretches<Point>; readonly windows: Windows } | undefined {
  let fd: number
  try {
    fd = fs.openSync(fileFor(folder, identityOf(stored)), 'r')
  } catch {
    return undefined
  }
  try {
    const saved = read<Point>(fd)
    if (saved?.identity === identityOf(stored)) {
      fs.futimesSync(fd, new Date(), new Date())
      return { stretches: saved.stretches, windows: new Windows(folder, fd, saved.windowBytes) }
    }
  } catch {
    // The pass makes it anew.
  }
  fs.closeSync(fd)
  return undefined
}

function read<Point>(fd: number): Saved<Point> | undefined {
  const { size } = fs.fstatSync(fd)
  const footer = Buffer.alloc(footerBytes)
  if (size < footerBytes) return undefined
  readFully(fd, footer, size - footerBytes)
  const length = Number(footer.readBigUInt64LE(0))
  if (length > size - footerBytes) return undefined
  const json = Buffer.allocUnsafe(length)
  readFully(fd, json, size - footerBytes - length)
  if (zlib.crc32(json) !== footer.readUInt32LE(8)) return undefined
  return JSON.parse(json.toString()) as Saved<Point>
}

/** Does nothing for a small image, for an index that was made without a pass, and if there is no room. */
export function saveIndex(
  stored: StoredBytes,
  folder: string,
  stretches: Stretches<unknown>,
  windows: Windows,
): void {
  if (stored.size < leastStoredBytes || stretches.checksums === undefined) return
  const identity = identityOf(stored)
  const saved: Saved<unknown> = { identity, windowBytes: windows.size, stretches }
  const json = Buffer.from(JSON.stringify(saved))
  const footer = Buffer.alloc(footerBytes)
  footer.writeBigUInt64LE(BigInt(json.length), 0)
  footer.writeUInt32LE(zlib.crc32(json), 8)
  const file = fileFor(folder, identity)
  const draft = draftOf(file)
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    makeRoom(folder, ending, windows.size + json.length, mostKeptBytes)
    const fd = fs.openSync(draft, 'w', 0o600)
    try {
      windows.copyTo(fd)
      writeAll(fd, json, windows.size)
      writeAll(fd, footer, windows.size + json.length)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(draft, file)
  } catch {
    fs.rmSync(draft, { force: true }) // the next time takes a pass again
  }
}
