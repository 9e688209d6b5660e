/** The pax extended header (POSIX.1-2001): a member of its own before the one it is about, which may hold any bytes. */

import { pathToBytes } from './path-text.ts'

export type PaxRecord = readonly [key: string, value: string | Uint8Array]

const blockBytes = 512

/** Stands in a ustar header where a name would that is in a pax record. */
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
  writeHeader(member, at - blockBytes)
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

/** A ustar header of type `x`: what it says of owner and time nobody looks at. */
function writeHeader(member: Buffer, sizeBytes: number): void {
  member.write(paxName, 0)
  member.write(octal(0o644, 6), 100)
  member.write(octal(0, 6), 108)
  member.write(octal(0, 6), 116)
  member.write(octal(sizeBytes, 11), 124)
  member.write(octal(0, 11), 136)
  member.write('        ', 148) // what the sum is made with
  member.write('x', 156)
  member.write('ustar\x0000', 257, 'latin1')
  let sum = 0
  for (let i = 0; i < blockBytes; i++) sum += member[i] as number
  member.write(octal(sum, 6), 148)
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')} `
