/**
 * The GUID partition table (UEFI 2.10, chapter 5): its backup stands at the end of the disk. On a larger disk
 * than its first one it does not, and systems complain or forget the table.
 */

import zlib from 'node:zlib'

const signature = 'EFI PART'
/** Offsets in the header. */
const field = {
  headerBytes: 12,
  headerSum: 16,
  own: 24,
  other: 32,
  lastUsable: 48,
  table: 72,
  entries: 80,
  entryBytes: 84,
  tableSum: 88,
} as const

/** Bytes to write, and their place on the disk. */
export interface Patch {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** How much of the beginning of the disk `movedGpt` needs: header and table as every tool makes them. */
export const gptHeadBytes = (sectorBytes: number): number => 2 * sectorBytes + 16_384

/** Whether `head` has a sound table whose backup is not at the end of the disk. */
export function hasMisplacedBackup(head: Uint8Array, sectorBytes: number, bytes: number): boolean {
  const gpt = parseGpt(head, sectorBytes)
  return gpt !== undefined && gpt.header.readBigUInt64LE(field.other) !== BigInt(bytes / sectorBytes - 1)
}

/**
 * The patches that move the backup to the end, in the order to write them. undefined: there is no sound
 * table.
 */
export function movedGpt(head: Uint8Array, sectorBytes: number, bytes: number): readonly Patch[] | undefined {
  const gpt = parseGpt(head, sectorBytes)
  if (!gpt) return undefined
  const { header, table } = gpt
  const last = BigInt(Math.floor(bytes / sectorBytes) - 1)
  const tableSectors = BigInt(Math.ceil(table.length / sectorBytes))
  const primary = Buffer.from(header)
  primary.writeBigUInt64LE(last, field.other)
  primary.writeBigUInt64LE(last - tableSectors - 1n, field.lastUsable)
  const backup = Buffer.from(primary)
  backup.writeBigUInt64LE(last, field.own)
  backup.writeBigUInt64LE(1n, field.other)
  backup.writeBigUInt64LE(last - tableSectors, field.table)
  const sector = (bytesOf: Buffer): Uint8Array => {
    const whole = Buffer.alloc(sectorBytes)
    bytesOf.copy(whole)
    return whole
  }
  const paddedTable = Buffer.alloc(Number(tableSectors) * sectorBytes)
  table.copy(paddedTable)
  return [
    { offset: Number(last - tableSectors) * sectorBytes, bytes: paddedTable },
    { offset: Number(last) * sectorBytes, bytes: sector(withSum(backup)) },
    { offset: sectorBytes, bytes: sector(withSum(primary)) },
  ]
}

interface Gpt {
  readonly header: Buffer
  readonly table: Buffer
}

/** undefined if any sum or number is wrong: butcher moves only what is sound. */
function parseGpt(head: Uint8Array, sectorBytes: number): Gpt | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length)
  if (bytes.length < gptHeadBytes(sectorBytes)) return undefined
  const sector = bytes.subarray(sectorBytes, 2 * sectorBytes)
  if (sector.toString('latin1', 0, 8) !== signature) return undefined
  const headerBytes = sector.readUInt32LE(field.headerBytes)
  if (headerBytes < 92 || headerBytes > sectorBytes) return undefined
  const header = Buffer.from(sector.subarray(0, headerBytes))
  const tableBytes = header.readUInt32LE(field.entries) * header.readUInt32LE(field.entryBytes)
  const start = Number(header.readBigUInt64LE(field.table)) * sectorBytes
  if (start + tableBytes > bytes.length || tableBytes === 0) return undefined
  const table = Buffer.from(bytes.subarray(start, start + tableBytes))
  const isSound = withSum(header).equals(header) && zlib.crc32(table) === header.readUInt32LE(field.tableSum)
  return isSound ? { header, table } : undefined
}

/** The sum is that of the header with zero in its place. */
function withSum(header: Buffer): Buffer {
  const summed = Buffer.from(header)
  summed.writeUInt32LE(0, field.headerSum)
  summed.writeUInt32LE(zlib.crc32(summed), field.headerSum)
  return summed
}
