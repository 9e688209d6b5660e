/**
 * A filter for the last names of paths, so that finding a name does not read every path. The sorted paths are
 * in blocks of some thousands, and each block has a Bloom filter of its last names. That takes 1.5 bytes per
 * path, an index would take thirty. The filter is a file beside the catalog, not on discs. Without it, all
 * paths are read.
 */

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { pathToBytes } from '../format/path-text.ts'
import type { PathRange } from './entry-rows.ts'

/** In `meta`: the digest of the filter file for all paths of this catalog. A new path removes it. */
export const namesKey = 'names'

const magic = Buffer.from('butcher names 1\n', 'latin1')
const digestBytes = 16
const headBytes = magic.length + digestBytes

const pathsInBlock = 2048
/** The false-positive rate is one in 300 paths. */
const bitsForPath = 12
const probes = 8
/** A flag in the length of a block's first path: the path is not UTF-8. */
const bytesFlag = 0x8000_0000

export interface BasenameFilterFile {
  readonly bytes: Buffer
  /** The value for `namesKey` in the catalog's `meta`. */
  readonly digest: string
}

/** Makes the filter for all paths of a catalog. */
export function makeBasenameFilter(db: Database.Database): BasenameFilterFile {
  const pieces: Buffer[] = []
  const hashes = new Uint32Array(pathsInBlock)
  let count = 0
  // The first block also covers all names before the first path.
  let start: string | Buffer = ''
  let last: string | Buffer = ''
  const endBlock = (next: string | Buffer): void => {
    if (count > 0) pieces.push(...blockOf(start, hashes.subarray(0, count)))
    start = next
    count = 0
  }
  const paths = db.prepare('SELECT path FROM entry ORDER BY path').pluck().iterate()
  for (const path of paths as Iterable<string | Buffer>) {
    if (path === last) continue
    if (typeof path !== typeof last) endBlock(Buffer.alloc(0))
    else if (count === pathsInBlock) endBlock(path)
    hashes[count++] = typeof path === 'string' ? hashOfName(path) : hashOfBytes(path)
    last = path
  }
  endBlock('')
  const blocks = Buffer.concat(pieces)
  const digest = digestOf(blocks)
  return { bytes: Buffer.concat([magic, digest, blocks]), digest: digest.toString('hex') }
}

/** The digest in the first bytes of a filter file; undefined if it is not a filter. */
export const digestInHead = (head: Buffer): string | undefined =>
  head.length >= headBytes && head.subarray(0, magic.length).equals(magic)
    ? head.toString('hex', magic.length, headBytes)
    : undefined

export const basenameFilterHeadBytes = headBytes

/**
 * Some ranges of paths, in order, that may end in one of `names`. Undefined if `file` is not a filter, or not
 * the one with `digest`.
 */
export function rangesOfBasenames(
  file: Buffer,
  digest: string,
  names: readonly string[],
): PathRange[] | undefined {
  if (digestInHead(file) !== digest || digestOf(file.subarray(headBytes)).toString('hex') !== digest)
    return undefined
  try {
    return rangesIn(file, names)
  } catch (error) {
    if (error instanceof RangeError) return undefined // its lengths lead out of it
    throw error
  }
}

function rangesIn(file: Buffer, names: readonly string[]): PathRange[] {
  const hashes = names.map((name) => hashOfBytes(pathToBytes(name)))
  const ranges: { lower: string | Buffer; upper: string | Buffer | undefined }[] = []
  let open: (typeof ranges)[number] | undefined
  for (let at = headBytes; at < file.length;) {
    const length = file.readUInt32BE(at)
    const pathAt = at + 4
    const bitsAt = pathAt + (length & ~bytesFlag) + 4
    const path = file.subarray(pathAt, bitsAt - 4)
    const start = (length & bytesFlag) === 0 ? path.toString('utf8') : path
    at = bitsAt + file.readUInt32BE(bitsAt - 4)
    if (open) open.upper = typeof open.lower === typeof start ? start : undefined
    const bits = file.subarray(bitsAt, at)
    if (!hashes.some((hash) => holds(bits, hash))) open = undefined
    else if (open === undefined || open.upper === undefined) {
      ranges.push((open = { lower: start, upper: undefined }))
    } else open.upper = undefined
  }
  return ranges
}

function blockOf(start: string | Buffer, hashes: Uint32Array): Buffer[] {
  const path = Buffer.from(start as string)
  const bits = Buffer.alloc(Math.ceil((hashes.length * bitsForPath) / 8))
  for (const hash of hashes) {
    for (let i = 0, { at, step } = walkOf(hash); i < probes; i++, at = (at + step) >>> 0) {
      const bit = at % (bits.length * 8)
      bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7))
    }
  }
  const length = Buffer.alloc(4)
  length.writeUInt32BE(typeof start === 'string' ? path.length : path.length + bytesFlag)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bits.length)
  return [length, path, size, bits]
}

function holds(bits: Buffer, hash: number): boolean {
  for (let i = 0, { at, step } = walkOf(hash); i < probes; i++, at = (at + step) >>> 0) {
    const bit = at % (bits.length * 8)
    if (((bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** The first bit of a hash, and the step to each next bit. */
const walkOf = (hash: number): { at: number; step: number } => ({
  at: mixed(hash),
  step: (mixed(hash ^ 0x9e3779b9) | 1) >>> 0,
})

const fnvBasis = 0x811c9dc5
const fnvPrime = 0x01000193

/** FNV-1a of the bytes after the last slash. */
function hashOfName(path: string): number {
  let hash = fnvBasis
  for (let i = path.lastIndexOf('/') + 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code >= 0x80) return hashOfBytes(pathToBytes(path))
    hash = Math.imul(hash ^ code, fnvPrime)
  }
  return hash >>> 0
}

function hashOfBytes(path: Buffer): number {
  let hash = fnvBasis
  for (let i = path.lastIndexOf(0x2f) + 1; i < path.length; i++) {
    hash = Math.imul(hash ^ (path[i] as number), fnvPrime)
  }
  return hash >>> 0
}

/** MurmurHash3's last step, which makes every bit depend on every other. */
function mixed(hash: number): number {
  let value = hash
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

const digestOf = (blocks: Buffer): Buffer =>
  createHash('sha256').update(blocks).digest().subarray(0, digestBytes)
