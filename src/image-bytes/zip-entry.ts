/**
 * The one file in a ZIP archive (PKWARE's APPNOTE 6.3), as images of devices are often published. A deflated
 * entry is shown as a gzip file: it differs only in what stands before and after the data.
 */

import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import type { StoredBytes } from './stored-parts.ts'

export interface ZipEntry {
  readonly isDeflated: boolean
  /** Of the data in the archive. */
  readonly offset: number
  readonly packedBytes: number
  readonly size: number
  readonly checksum: number
}

const endMagic = 0x06054b50
const endBytes = 22
const end64Magic = 0x06064b50
const locatorMagic = 0x07064b50
const locatorBytes = 20
const entryMagic = 0x02014b50
const entryBytes = 46
const localMagic = 0x04034b50
const localBytes = 30
const mostCommentBytes = 65_535
/** Some 300,000 entries. An archive of an image has one. */
const mostDirectoryBytes = 16 << 20
const in64 = 0xffff_ffff

/** Throws `damaged`, and `source` if the archive does not hold exactly one file that can be read. */
export function findZipEntry(stored: StoredBytes): ZipEntry {
  const entries = directoryOf(stored).filter(
    ({ name }) => !name.endsWith('/') && !name.startsWith('__MACOSX/'),
  )
  const [entry] = entries
  const file = stored.files[0] as string
  if (entry === undefined || entries.length > 1) {
    throw new ButcherError(
      'source',
      `cannot read ${file}: the archive holds ${entries.length} files, not one`,
      { path: file, ...(entry === undefined ? {} : { hint: 'unpack it, then give the image' }) },
    )
  }
  if ((entry.flags & 1) !== 0 || (entry.method !== 0 && entry.method !== 8)) {
    const why = (entry.flags & 1) !== 0 ? 'is encrypted' : `uses the compression method ${entry.method}`
    throw new ButcherError('source', `cannot read ${file}: ${entry.name} ${why}`, {
      path: file,
      hint: 'unpack it, then give the image',
    })
  }
  const local = read(stored, entry.at, localBytes)
  if (local.readUInt32LE(0) !== localMagic) throw damaged('the header of its file is corrupt')
  const offset = entry.at + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28)
  const isDeflated = entry.method === 8
  if (offset + entry.packedBytes > stored.size || (!isDeflated && entry.size !== entry.packedBytes)) {
    throw damaged('its file lies outside of it')
  }
  return { isDeflated, offset, packedBytes: entry.packedBytes, size: entry.size, checksum: entry.checksum }
}

interface Listed extends Omit<ZipEntry, 'isDeflated' | 'offset'> {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly at: number
}

function directoryOf(stored: StoredBytes): Listed[] {
  const [at, bytes] = placeOfDirectory(stored)
  if (bytes > mostDirectoryBytes) throw damaged('its directory is too large')
  const directory = read(stored, at, bytes)
  const entries: Listed[] = []
  for (let from = 0; from + entryBytes <= bytes;) {
    if (directory.readUInt32LE(from) !== entryMagic) throw damaged('its directory is corrupt')
    const nameEnd = from + entryBytes + directory.readUInt16LE(from + 28)
    const extraEnd = nameEnd + directory.readUInt16LE(from + 30)
    if (extraEnd > bytes) throw damaged('its directory is corrupt')
    const wide = wideNumbers(directory.subarray(nameEnd, extraEnd))
    const number = (field: number): number => {
      const value = directory.readUInt32LE(from + field)
      return value === in64 ? (wide.shift() ?? value) : value
    }
    // In the order of the extra field.
    const size = number(24)
    entries.push({
      name: directory.toString('utf8', from + entryBytes, nameEnd),
      flags: directory.readUInt16LE(from + 8),
      method: directory.readUInt16LE(from + 10),
      checksum: directory.readUInt32LE(from + 16),
      size,
      packedBytes: number(20),
      at: number(42),
    })
    from = extraEnd + directory.readUInt16LE(from + 32)
  }
  return entries
}

function placeOfDirectory(stored: StoredBytes): readonly [at: number, bytes: number] {
  const tailBytes = Math.min(stored.size, endBytes + mostCommentBytes)
  const tail = read(stored, stored.size - tailBytes, tailBytes)
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(endMagic)
  const end = tail.lastIndexOf(magic, tailBytes - endBytes)
  if (end < 0) throw damaged('it is cut short')
  const rest = tail.subarray(end + endBytes + tail.readUInt16LE(end + 20))
  if (rest.some((byte) => byte !== 0)) throw damaged('data follows its end')
  const locator = end >= locatorBytes ? tail.subarray(end - locatorBytes, end) : undefined
  if (locator?.readUInt32LE(0) !== locatorMagic) {
    return [tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12)]
  }
  const end64 = read(stored, Number(locator.readBigUInt64LE(8)), 56)
  if (end64.readUInt32LE(0) !== end64Magic) throw damaged('its directory is corrupt')
  return [Number(end64.readBigUInt64LE(48)), Number(end64.readBigUInt64LE(40))]
}

/** The numbers of the ZIP64 extra field. */
function wideNumbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === 1) {
      const numbers: number[] = []
      for (let from = at + 4; from + 8 <= end; from += 8) numbers.push(Number(extra.readBigUInt64LE(from)))
      return numbers
    }
    at = end
  }
  return []
}

/** A header and a trailer of gzip around the data of a deflated entry. */
export function asGzip(stored: StoredBytes, { offset, packedBytes, size, checksum }: ZipEntry): StoredBytes {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  const dataEnd = header.length + packedBytes
  const readSync = (at: number, into: Uint8Array): number => {
    let done = 0
    if (at < header.length) done += header.copy(into, 0, at)
    if (at + done < dataEnd && done < into.length) {
      const end = Math.min(into.length, dataEnd - at)
      done += stored.readSync(offset + at + done - header.length, into.subarray(done, end))
    }
    if (at + done >= dataEnd) done += trailer.copy(into, done, at + done - dataEnd)
    return done
  }
  return {
    size: dataEnd + trailer.length,
    files: stored.files,
    identity: `zip ${stored.identity}`,
    readSync,
    stream: async function* (signal) {
      yield header
      yield* stored.stream(signal, offset, offset + packedBytes)
      yield trailer
    },
    close: () => stored.close(),
  }
}

/** The data of an entry that is not compressed. The stream checks its checksum. */
export function asPlain(stored: StoredBytes, { offset, size, checksum }: ZipEntry): StoredBytes {
  return {
    size,
    files: stored.files,
    identity: `zip ${stored.identity}`,
    readSync: (at, into) => (at >= size ? 0 : stored.readSync(offset + at, into.subarray(0, size - at))),
    stream: async function* (signal) {
      let sum = 0
      for await (const bytes of stored.stream(signal, offset, offset + size)) {
        sum = zlib.crc32(bytes, sum)
        yield bytes
      }
      const file = stored.files[0] as string
      const why = 'the zip data is damaged: its checksum does not match'
      if (sum !== checksum) throw new ButcherError('damaged', `cannot read ${file}: ${why}`, { path: file })
    },
    close: () => stored.close(),
  }
}

function read(stored: StoredBytes, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  if (!(at >= 0) || at > stored.size || stored.readSync(at, bytes) < length) throw damaged('it is cut short')
  return bytes
}

const damaged = (why: string): ButcherError => new ButcherError('damaged', `the zip data is damaged: ${why}`)
