/**
 * The pax extended header (POSIX.1-2001): a separate member before the one that it describes. It may hold any
 * bytes.
 */

import { pathToBytes } from './path-text.ts'
import { blockBytes, writeUstar } from './ustar.ts'

export type PaxRecord = readonly [key: string, value: string | Uint8Array]

/** Replaces a name in a ustar header if the name is in a pax record. */
export const paxName = 'PaxHeader'

/** Header, records and padding. */
export function paxMemberBytes(records: readonly PaxRecord[]): number {
  return blockBytes + toBlocks(paxRecordsBytes(records))
}

export const paxRecordsBytes = (records: readonly PaxRecord[]): number =>
  records.reduce((sum, record) => sum + recordBytes(record), 0)

export function paxMember(records: readonly PaxRecord[]): Buffer {
  const member = Buffer.alloc(paxMemberBytes(records))
  let at = blockBytes
  const put = (bytes: Uint8Array): void => {
    member.set(bytes, at)
    at += bytes.length
  }
  for (const record of records) {
    const [key, value] = record
    put(Buffer.from(`${recordBytes(record)} `))
    put(pathToBytes(`${key}=`))
    put(typeof value === 'string' ? Buffer.from(value) : value)
    put(newline)
  }
  // Nobody reads its owner and time.
  const size = at - blockBytes
  writeUstar(member, 0, { name: paxName, type: 'pax', size, mode: 0o644, uid: 0, gid: 0, mtime: 0 })
  return member
}

const newline = Buffer.from('\n')

export const toBlocks = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes

/** `LENGTH key=value\n`, where LENGTH counts itself. */
function recordBytes([key, value]: PaxRecord): number {
  const rest = ' =\n'.length + pathToBytes(key).length + Buffer.byteLength(value)
  const digits = String(rest).length
  const length = rest + digits
  return String(length).length > digits ? length + 1 : length
}
