/** Images of folders, as somebody makes them who has xorriso; and such that no program makes. */

import { tryProgram } from './tree.ts'

/** As burning programs do: ISO 9660 level 3, by default with the names of Rock Ridge and Joliet. */
export function makeImage(folder: string, image: string, names: readonly string[] = ['-R', '-J']): void {
  const options = ['-as', 'mkisofs', '-quiet', '-iso-level', '3', ...names, '-no-pad', '-V', 'LABEL']
  const { status, stderr } = tryProgram('xorriso', [...options, '-o', image, folder])
  if (status !== 0) throw new Error(`xorriso failed (apt-get install xorriso): ${stderr}`)
}

interface MadeRecord {
  readonly name: string
  readonly sector: number
  readonly sizeBytes: number
  readonly flags?: number
}

const sectorBytes = 2048

/**
 * An image with plain names only, of which every directory is given record by record. The root is at sector
 * 20.
 */
export function fabricateImage(
  directories: Readonly<Record<number, readonly MadeRecord[]>>,
  sectors = 64,
): Buffer {
  const image = Buffer.alloc(sectors * sectorBytes)
  const volume = image.subarray(16 * sectorBytes)
  volume.write('\x01CD001\x01', 0, 'latin1')
  volume.write('LABEL'.padEnd(32), 40)
  volume.writeUInt32LE(sectors, 80)
  volume.writeUInt16LE(sectorBytes, 128)
  recordOf({ name: '\0', sector: 20, sizeBytes: sectorBytes, flags: 2 }).copy(volume, 156)
  image.write('\xffCD001\x01', 17 * sectorBytes, 'latin1')
  for (const [sector, records] of Object.entries(directories)) {
    const own = { sector: Number(sector), sizeBytes: sectorBytes, flags: 2 }
    const all = [{ ...own, name: '\0' }, { ...own, name: '\x01' }, ...records]
    Buffer.concat(all.map(recordOf)).copy(image, own.sector * sectorBytes)
  }
  return image
}

function recordOf({ name, sector, sizeBytes, flags = 0 }: MadeRecord): Buffer {
  const record = Buffer.alloc((33 + name.length + 1) & ~1)
  record[0] = record.length
  record.writeUInt32LE(sector, 2)
  record.writeUInt32LE(sizeBytes, 10)
  record[25] = flags
  record[32] = name.length
  record.write(name, 33, 'latin1')
  return record
}
