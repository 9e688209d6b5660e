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
  const mbr = protectiveMbr(head, sectorBytes, Number(header.readBigUInt64LE(field.other)), Number(last))
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
    ...(mbr === undefined ? [] : [{ offset: 0, bytes: mbr }]),
  ]
}

/** The entries of a master boot record: type and size of each (UEFI 2.10, 5.2.1). */
const mbrField = { entries: 446, entryBytes: 16, type: 4, start: 8, sectors: 12 } as const
const protective = 0xee
const mostSectors = 0xffff_ffff

/**
 * Sector 0, whose one entry spans the disk so that old programs take it for full. undefined if it did not
 * span the first disk: then it says something else.
 */
function protectiveMbr(
  head: Uint8Array,
  sectorBytes: number,
  oldLast: number,
  last: number,
): Uint8Array | undefined {
  const mbr = Buffer.from(head.subarray(0, sectorBytes))
  for (let i = 0; i < 4; i++) {
    const at = mbrField.entries + i * mbrField.entryBytes
    const isSpan =
      mbr[at + mbrField.type] === protective &&
      mbr.readUInt32LE(at + mbrField.start) === 1 &&
      mbr.readUInt32LE(at + mbrField.sectors) === Math.min(oldLast, mostSectors)
    if (!isSpan) continue
    mbr.writeUInt32LE(Math.min(last, mostSectors), at + mbrField.sectors)
    return mbr
  }
  return undefined
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
