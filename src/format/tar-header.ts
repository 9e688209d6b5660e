/** What a member's tar header says, and how many bytes it takes. */

import { createHash } from 'node:crypto'

/** Times that ustar's eleven octal digits and old readers alike hold: up to 2038. */
const maxUstarSeconds = 2 ** 31 - 1
/** Owners' numbers are seven octal digits. */
const maxUstarOwner = 0o7777777

export interface TarHeader {
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo'
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly uname?: string
  readonly gname?: string
  readonly mtime: Date
  readonly linkname?: string
  /** Present (it may be empty) where ustar cannot say it all: then `path` and `linkpath` are pax records too. */
  readonly pax?: Readonly<Record<string, string>>
}

export interface TarHeaderFields {
  readonly name: string
  readonly type: TarHeader['type']
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  readonly link?: string
  /** The size of a sparse file, whose member is of `size` bytes: the map (`sparse-map.ts`) and the data. */
  readonly sparseSize?: number
}

export function tarHeader(fields: TarHeaderFields): TarHeader {
  const pax: Record<string, string> = {}
  let seconds = Number(fields.mtime / 1_000_000_000n)
  if (fields.mtime < 0n || seconds > maxUstarSeconds) {
    pax['mtime'] = decimalSeconds(fields.mtime)
    seconds = Math.min(Math.max(seconds, 0), maxUstarSeconds)
  }
  if (fields.uid > maxUstarOwner) pax['uid'] = String(fields.uid)
  if (fields.gid > maxUstarOwner) pax['gid'] = String(fields.gid)
  if (fields.sparseSize !== undefined) {
    // Behind `path`, which has the substitute: readers that know no better let the last record count.
    pax['GNU.sparse.major'] = '1'
    pax['GNU.sparse.minor'] = '0'
    pax['GNU.sparse.name'] = fields.name
    pax['GNU.sparse.realsize'] = String(fields.sparseSize)
  }
  const needsPax = Object.keys(pax).length > 0 || !fitsUstar(fields.name, fields.link)
  return {
    name: fields.sparseSize === undefined ? fields.name : sparseName(fields.name),
    type: fields.type,
    size: fields.size,
    mode: fields.mode,
    uid: Math.min(fields.uid, maxUstarOwner),
    gid: Math.min(fields.gid, maxUstarOwner),
    mtime: new Date(seconds * 1000),
    ...(fields.user !== null && fitsName(fields.user) ? { uname: fields.user } : {}),
    ...(fields.group !== null && fitsName(fields.group) ? { gname: fields.group } : {}),
    ...(fields.link === undefined ? {} : { linkname: fields.link }),
    ...(needsPax ? { pax } : {}),
  }
}

/** The bytes of a member in the tar: header, pax records, content and padding. */
export function tarMemberBytes(header: TarHeader): number {
  const content = header.type === 'file' ? blocks(header.size) : 0
  if (!header.pax) return 512 + content
  let records = paxRecordBytes('path', header.name)
  if (header.linkname) records += paxRecordBytes('linkpath', header.linkname)
  for (const [key, value] of Object.entries(header.pax)) records += paxRecordBytes(key, value)
  return 512 + blocks(records) + 512 + content
}

/** The two blocks of zeros at the end. */
export const tarEndBytes = 1024

const blocks = (bytes: number): number => Math.ceil(bytes / 512) * 512

/** `LENGTH key=value\n`, where LENGTH counts itself (POSIX.1-2001, pax). */
function paxRecordBytes(key: string, value: string): number {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const digits = String(rest).length
  const length = rest + digits
  return String(length).length > digits ? length + 1 : length
}

/** Whether name and link are ASCII and short enough, the name in 100 bytes, or in 155 and 100 cut at a slash. */
function fitsUstar(name: string, link: string | undefined): boolean {
  if (!isAscii(name) || (link !== undefined && (!isAscii(link) || link.length > 100))) return false
  if (name.length <= 100) return true
  const slash = name.indexOf('/', name.length - 101)
  return slash > 0 && slash <= 155 && slash < name.length - 1
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)
const fitsName = (name: string): boolean => isAscii(name) && name.length <= 31

/**
 * What a tar that knows no sparse files is to call a sparse member, which it extracts with the map in front: in a folder
 * of its own, as GNU tar does. What cannot stand there has a short name made of the hash of its own.
 */
function sparseName(name: string): string {
  const slash = name.lastIndexOf('/') + 1
  const beside = `${name.slice(0, slash)}GNUSparseFile.0/${name.slice(slash)}`
  if (fitsUstar(beside, undefined)) return beside
  return `GNUSparseFile.0/${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

function decimalSeconds(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : ''
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const fraction = (value % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${sign}${value / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}
