/** The Rock Ridge data after a file's record in an ISO 9660 directory (IEEE P1281 and P1282). */

/** Fills `buffer` from `offset` and returns the number of bytes; throws system errors. */
export type ReadImage = (buffer: Uint8Array, offset: number) => number

export interface RockRidge {
  readonly name: Buffer | undefined
  /** It is neither a file nor a folder, or a folder that was moved elsewhere. */
  readonly isOdd: boolean
}

const blockBytes = 2048
/** A name has at most 255 bytes, and the other fields are short: a few areas are enough. */
const mostAreas = 8
const [formatMask, regular, folder] = [0o170000, 0o100000, 0o040000]

/**
 * From the root's own record: the bytes to skip before the entries of each record. Undefined without Rock
 * Ridge.
 */
export function suspSkip(record: Buffer): number | undefined {
  const area = areaOf(record, 0)
  const isThere =
    area.length >= 7 && area.toString('latin1', 0, 2) === 'SP' && area.readUInt16BE(4) === 0xbeef
  return isThere ? area[6] : undefined
}

/** Never throws: unreadable entries are left out. */
export function rockRidge(record: Buffer, skip: number, read: ReadImage): RockRidge {
  const name: Uint8Array[] = []
  let isOdd = false
  let area: Buffer | undefined = areaOf(record, skip)
  for (let turn = 0; area !== undefined && turn < mostAreas; turn++) {
    let next: Buffer | undefined
    for (const entry of entriesOf(area)) {
      switch (entry.toString('latin1', 0, 2)) {
        case 'NM':
          if (entry.length > 5) name.push(entry.subarray(5))
          break
        case 'PX':
          if (entry.length >= 8) isOdd ||= ![regular, folder].includes(entry.readUInt32LE(4) & formatMask)
          break
        case 'SL':
        case 'CL':
        case 'RE':
          isOdd = true
          break
        case 'CE':
          if (entry.length >= 28) next = continued(entry, read)
      }
    }
    area = next
  }
  const bytes = Buffer.concat(name)
  return { name: bytes.length === 0 || bytes.length > 255 ? undefined : bytes, isOdd }
}

function* entriesOf(area: Buffer): Generator<Buffer> {
  for (let at = 0; at + 4 <= area.length;) {
    const length = area[at + 2] as number
    if (length < 4 || at + length > area.length) return
    const entry = area.subarray(at, at + length)
    if (entry.toString('latin1', 0, 2) === 'ST') return
    yield entry
    at += length
  }
}

function areaOf(record: Buffer, skip: number): Buffer {
  const nameBytes = record[32] ?? 0
  return record.subarray(33 + nameBytes + ((nameBytes + 1) % 2) + skip)
}

function continued(entry: Buffer, read: ReadImage): Buffer | undefined {
  const [block, offset, length] = [entry.readUInt32LE(4), entry.readUInt32LE(12), entry.readUInt32LE(20)]
  if (offset + length > blockBytes) return undefined
  const area = Buffer.alloc(length)
  try {
    return read(area, block * blockBytes + offset) === length ? area : undefined
  } catch {
    return undefined
  }
}
