/** The copy of its boot sector that an NTFS partition has at its end. Images of partclone lack it. */

import { ButcherError } from '../errors.ts'
import type { Blocks, PartitionFacts } from './partition-image.ts'

export interface BootSector {
  readonly blocks: Blocks
  /** Copies its part of a range of the partition. */
  copyInto(offset: number, into: Uint8Array): void
}

const sectorBytes = 512

export class BootSectorPlace {
  readonly #facts: PartitionFacts

  /** Throws `usage` if the partition is not NTFS. */
  constructor(facts: PartitionFacts) {
    this.#facts = facts
    if (facts.fileSystem.toUpperCase() !== 'NTFS') throw notNtfs(`it has ${facts.fileSystem}`)
  }

  /** `find` needs so many bytes of the partition's beginning. */
  get neededBytes(): number {
    return Math.min(sectorBytes, this.#facts.deviceBytes)
  }

  /**
   * Undefined if the image has the sector itself. Its place is after the sectors that the boot sector counts
   * at byte 40, or at the end of the partition. Throws `usage`.
   */
  find(sector: Buffer): BootSector | undefined {
    const { deviceBytes, blocks, blockBytes, format } = this.#facts
    const mappedBytes = blocks * blockBytes
    if (format === 'ntfsclone' || mappedBytes + sectorBytes > deviceBytes) return undefined
    if (sector.toString('latin1', 3, 11) !== 'NTFS    ') throw notNtfs('its boot sector is another one')
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
}

const notNtfs = (why: string): ButcherError =>
  new ButcherError('usage', `the partition is not NTFS: ${why}`, {
    hint: 'copy the boot sector of NTFS partitions only',
  })
