/**
 * The records of a zip file (PKWARE's APPNOTE 6.3.10), with zip64 where sizes need it. Contents stand in
 * blocks of DEFLATE that are stored (RFC 1951, 3.2.4): they cost no time, the size of the whole file is known
 * before its first byte, and each content tells its own end. Pure.
 */

export interface ZipEntry {
  /** UTF-8, with `/` between names; of a folder with `/` at its end. */
  readonly name: Buffer
  readonly kind: 'file' | 'dir' | 'symlink'
  /** Permission bits. */
  readonly mode: number
  /** Seconds since 1970. */
  readonly mtime: number
  readonly sizeBytes: number
}

/** An entry that is written. */
export interface WrittenEntry {
  readonly entry: ZipEntry
  readonly crc: number
  readonly offset: number
}

const most32 = 0xffff_ffff
const most16 = 0xffff
export const blockBytes = 0xffff
const blockHeadBytes = 5

const signatures = {
  local: 0x0403_4b50,
  descriptor: 0x0807_4b50,
  central: 0x0201_4b50,
  end: 0x0605_4b50,
  end64: 0x0606_4b50,
  locator64: 0x0706_4b50,
} as const

/** Names are UTF-8. */
const utf8Flag = 0x0800
/** CRC and sizes follow the content. */
const descriptorFlag = 0x0008
const [stored, deflated] = [0, 8]
const [version, version64] = [20, 45]
const madeByUnix = 3 << 8

/** Folders and links are stored as they are, and their CRC is known before. */
const isStream = ({ kind }: ZipEntry): boolean => kind === 'file'

export const packedBytes = (entry: ZipEntry): number =>
  isStream(entry)
    ? entry.sizeBytes + blockHeadBytes * Math.max(1, Math.ceil(entry.sizeBytes / blockBytes))
    : entry.sizeBytes

const isLarge = (entry: ZipEntry): boolean => packedBytes(entry) >= most32

/** The head of a stored block of DEFLATE. */
export function blockHead(bytes: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(blockHeadBytes)
  head.writeUInt8(isLast ? 1 : 0, 0)
  head.writeUInt16LE(bytes, 1)
  head.writeUInt16LE(bytes ^ 0xffff, 3)
  return head
}

/** `crc`: of a folder or a link; 0 of a file, which has it in its descriptor. */
export function localHeader(entry: ZipEntry, crc: number): Buffer {
  const large = isLarge(entry)
  const extra = Buffer.concat([...(large ? [extra64([0, 0])] : []), timeExtra(entry)])
  const head = Buffer.alloc(30)
  const sizes = large ? most32 : isStream(entry) ? 0 : entry.sizeBytes
  head.writeUInt32LE(signatures.local, 0)
  writeCommon(head, 4, entry, large)
  head.writeUInt32LE(crc, 14)
  head.writeUInt32LE(sizes, 18)
  head.writeUInt32LE(sizes, 22)
  head.writeUInt16LE(entry.name.length, 26)
  head.writeUInt16LE(extra.length, 28)
  return Buffer.concat([head, entry.name, extra])
}

/** Follows the content of a file. */
export function descriptor(entry: ZipEntry, crc: number): Buffer {
  const large = isLarge(entry)
  const found = Buffer.alloc(large ? 24 : 16)
  found.writeUInt32LE(signatures.descriptor, 0)
  found.writeUInt32LE(crc, 4)
  if (large) {
    found.writeBigUInt64LE(BigInt(packedBytes(entry)), 8)
    found.writeBigUInt64LE(BigInt(entry.sizeBytes), 16)
  } else {
    found.writeUInt32LE(packedBytes(entry), 8)
    found.writeUInt32LE(entry.sizeBytes, 12)
  }
  return found
}

export function centralHeader({ entry, crc, offset }: WrittenEntry): Buffer {
  const large = isLarge(entry) || entry.sizeBytes >= most32
  const far = offset >= most32
  const fields = [...(large ? [entry.sizeBytes, packedBytes(entry)] : []), ...(far ? [offset] : [])]
  const extra = Buffer.concat([...(fields.length > 0 ? [extra64(fields)] : []), timeExtra(entry)])
  const head = Buffer.alloc(46)
  head.writeUInt32LE(signatures.central, 0)
  head.writeUInt16LE(madeByUnix | version64, 4)
  writeCommon(head, 6, entry, large || far)
  head.writeUInt32LE(crc, 16)
  head.writeUInt32LE(large ? most32 : packedBytes(entry), 20)
  head.writeUInt32LE(large ? most32 : entry.sizeBytes, 24)
  head.writeUInt16LE(entry.name.length, 28)
  head.writeUInt16LE(extra.length, 30)
  head.writeUInt32LE(attributesOf(entry), 38)
  head.writeUInt32LE(far ? most32 : offset, 42)
  return Buffer.concat([head, entry.name, extra])
}

/** `offset` and `bytes`: of the central directory. */
export function endRecords(count: number, offset: number, bytes: number): Buffer {
  const isBig = count >= most16 || offset >= most32 || bytes >= most32
  const end = Buffer.alloc(22)
  end.writeUInt32LE(signatures.end, 0)
  end.writeUInt16LE(Math.min(count, most16), 8)
  end.writeUInt16LE(Math.min(count, most16), 10)
  end.writeUInt32LE(Math.min(bytes, most32), 12)
  end.writeUInt32LE(Math.min(offset, most32), 16)
  if (!isBig) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(signatures.end64, 0)
  end64.writeBigUInt64LE(BigInt(end64.length - 12), 4)
  end64.writeUInt16LE(madeByUnix | version64, 12)
  end64.writeUInt16LE(version64, 14)
  for (const at of [24, 32]) end64.writeBigUInt64LE(BigInt(count), at)
  end64.writeBigUInt64LE(BigInt(bytes), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(signatures.locator64, 0)
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}

/** The size of a zip file with these entries. */
export function zipBytes(entries: Iterable<ZipEntry>): number {
  let [offset, central, count] = [0, 0, 0]
  for (const entry of entries) {
    central += centralHeader({ entry, crc: 0, offset }).length
    offset += localHeader(entry, 0).length + packedBytes(entry)
    if (isStream(entry)) offset += descriptor(entry, 0).length
    count++
  }
  return offset + central + endRecords(count, offset, central).length
}

/** Version, flags, method and time stand alike in both headers. */
function writeCommon(head: Buffer, at: number, entry: ZipEntry, needs64: boolean): void {
  const [date, time] = dosTime(entry.mtime)
  head.writeUInt16LE(needs64 ? version64 : version, at)
  head.writeUInt16LE(utf8Flag | (isStream(entry) ? descriptorFlag : 0), at + 2)
  head.writeUInt16LE(isStream(entry) ? deflated : stored, at + 4)
  head.writeUInt16LE(time, at + 6)
  head.writeUInt16LE(date, at + 8)
}

function extra64(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length)
  extra.writeUInt16LE(0x0001, 0)
  extra.writeUInt16LE(8 * values.length, 2)
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return extra
}

/** Info-ZIP's extended timestamp: seconds of UTC, where DOS has local time in steps of two seconds. */
function timeExtra({ mtime }: ZipEntry): Buffer {
  if (Math.abs(mtime) > 0x7fff_ffff) return Buffer.alloc(0)
  const extra = Buffer.alloc(9)
  extra.writeUInt16LE(0x5455, 0)
  extra.writeUInt16LE(5, 2)
  extra.writeUInt8(1, 4)
  extra.writeInt32LE(mtime, 5)
  return extra
}

/** DOS knows the years from 1980 to 2107. */
function dosTime(seconds: number): readonly [date: number, time: number] {
  const at = new Date(seconds * 1000)
  const year = at.getFullYear()
  if (!(year >= 1980)) return [(1 << 5) | 1, 0]
  if (year > 2107) return [(127 << 9) | (12 << 5) | 31, 0]
  return [
    ((year - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
    (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
  ]
}

const typeBits = { file: 0o100000, dir: 0o040000, symlink: 0o120000 } as const
const dosFolder = 0x10

const attributesOf = ({ kind, mode }: ZipEntry): number =>
  (((typeBits[kind] | (mode & 0o7777)) << 16) | (kind === 'dir' ? dosFolder : 0)) >>> 0
