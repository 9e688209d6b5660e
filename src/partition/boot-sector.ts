/** The copy of its boot sector that an NTFS partition has at its end. Images of partclone lack it. */

import { ButcherError } from '../errors.ts'
import type { Blocks, PartitionFacts } from './partition-image.ts'

export interface BootSector {
  readonly blocks: Blocks
  /** Copies its part of a range of the partition. */
  copyInto(offset: number, into: Uint8Array): void
}

const sectorBytes = 512

/**
 * Undefined if the image has the sector itself. Throws `usage` if the partition is not NTFS.
 * The place: after the sectors that the boot sector counts at byte 40, or the last sector of the partition.
 */
export async function findBootSector(
  { deviceBytes, blocks, blockBytes, format }: PartitionFacts,
  read: (offset: number, into: Uint8Array) => Promise<void>,
): Promise<BootSector | undefined> {
  const sector = Buffer.alloc(sectorBytes)
  if (deviceBytes >= sectorBytes) await read(0, sector)
  if (sector.toString('latin1', 3, 11) !== 'NTFS    ') {
    throw new ButcherError('usage', 'the image is not of an NTFS partition', {
      hint: 'leave out --boot-sector-copy',
    })
  }
  const mappedBytes = blocks * blockBytes
  if (format === 'ntfsclone' || mappedBytes + sectorBytes > deviceBytes) return undefined
  const counted = Number(sector.readBigUInt64LE(40)) * sector.readUInt16LE(11)
  const fits = counted >= mappedBytes && counted + sectorBytes <= deviceBytes
  const start = fits ? counted : deviceBytes - sectorBytes
  return {
    blocks: { offset: start, bytes: sector },
    copyInto: (offset, into) => {
      const from = Math.max(offset, start)
      const to = Math.min(offset + into.length, start + sectorBytes)
      if (from < to) into.set(sector.subarray(from - start, to - start), from - offset)
    },
  }
}
