/** The tar header of a member, and the member's size in the tar. */

import { createHash } from 'node:crypto'
import { attributeRecords } from './attributes.ts'
import { paxMember, paxMemberBytes, paxName, type PaxRecord, toBlocks } from './pax-records.ts'
import type { UstarFields } from './ustar.ts'

/** The latest time that fits ustar's eleven octal digits and also works in old readers: in 2038. */
const maxUstarSeconds = 2 ** 31 - 1
/** The numbers of owners are seven octal digits. */
const maxUstarOwner = 0o7777777

export interface TarHeader extends UstarFields {
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo'
  /**
   * Present, perhaps empty, if ustar cannot hold everything: then `path` and `linkpath` are also pax records.
   */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>
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
  /** The size of a sparse file. Its member has `size` bytes: the map (`sparse-map.ts`) and the data. */
  readonly sparseSize?: number
  /** In the form of `attributes.ts`. */
  readonly attributes?: string | null
}

export function tarHeader(fields: TarHeaderFields): TarHeader {
  const pax: Record<string, string | Uint8Array> = {}
  let seconds = Number(fields.mtime / 1_000_000_000n)
  if (fields.mtime < 0n || seconds > maxUstarSeconds) {
    pax['mtime'] = decimalSeconds(fields.mtime)
    seconds = Math.min(Math.max(seconds, 0), maxUstarSeconds)
  }
  if (fields.uid > maxUstarOwner) pax['uid'] = String(fields.uid)
  if (fields.gid > maxUstarOwner) pax['gid'] = String(fields.gid)
  if (fields.sparseSize !== undefined) {
    // After `path`, which has the substitute: readers that do not know these records use the last one.
    pax['GNU.sparse.major'] = '1'
    pax['GNU.sparse.minor'] = '0'
    pax['GNU.sparse.name'] = fields.name
    pax['GNU.sparse.realsize'] = String(fields.sparseSize)
  }
  if (fields.attributes) Object.assign(pax, attributeRecords(fields.attributes, fields.type === 'directory'))
  const needsPax = Object.keys(pax).length > 0 || !fitsUstar(fields.name, fields.link)
  return {
    name: fields.sparseSize === undefined ? fields.name : sparseName(fields.name),
    type: fields.type,
    size: fields.size,
    mode: fields.mode,
    uid: Math.min(fields.uid, maxUstarOwner),
    gid: Math.min(fields.gid, maxUstarOwner),
    mtime: seconds,
    ...(fields.user !== null && fitsName(fields.user) ? { uname: fields.user } : {}),
    ...(fields.group !== null && fitsName(fields.group) ? { gname: fields.group } : {}),
    ...(fields.link === undefined ? {} : { linkname: fields.link }),
    ...(needsPax ? { pax } : {}),
  }
}

/** The bytes of a member in the tar: pax records, header, content and padding. */
export function tarMemberBytes(header: TarHeader): number {
  const content = header.type === 'file' ? toBlocks(header.size) : 0
  return (header.pax ? paxMemberBytes(recordsOf(header, header.pax)) : 0) + 512 + content
}

/** The member of pax records before the header; its values may be bytes that are not text. */
export const paxMemberOf = (header: TarHeader): Buffer | undefined =>
  header.pax && paxMember(recordsOf(header, header.pax))

/** The header alone: names that do not fit are in the pax records. */
export function ustarOf(header: TarHeader): UstarFields {
  if (!header.pax || fitsUstar(header.name, header.linkname)) return header
  return { ...header, name: paxName, ...(header.linkname === undefined ? {} : { linkname: paxName }) }
}

const recordsOf = (header: TarHeader, pax: NonNullable<TarHeader['pax']>): PaxRecord[] => [
  ['path', header.name],
  ...(header.linkname ? [['linkpath', header.linkname] as const] : []),
  ...Object.entries(pax),
]

/** The two blocks of zeros at the end. */
export const tarEndBytes = 1024

/**
 * Whether name and link are ASCII and short enough: the name in 100 bytes, or split at a slash into 155 and
 * 100.
 */
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
 * The name that a tar without sparse support gives to a sparse member, which it extracts with the map in
 * front. Like GNU tar, it uses a separate folder. A name that does not fit there becomes short, with its
 * hash.
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
