/** Damages the image of a disc as scratches and age do: whole sectors become zeros. */

import fs from 'node:fs'
import { sectorBytes } from '../../src/format/medium.ts'

export interface Damage {
  /** One run of sectors, as a share of all, and where it begins, as a share. */
  readonly scratch: number
  readonly scratchAt: number
  /** Single sectors, evenly over the image. */
  readonly deadSectors: number
}

/** Answers with how many sectors are gone. */
export function damageImage(image: string, { scratch, scratchAt, deadSectors }: Damage): number {
  const sectors = Math.floor(fs.statSync(image).size / sectorBytes)
  const gone = new Set<number>()
  const from = Math.floor(sectors * scratchAt)
  for (let i = 0; i < Math.ceil(sectors * scratch); i++) gone.add(from + i)
  for (let i = 0; i < deadSectors; i++) gone.add(Math.floor(((i + 0.37) * sectors) / deadSectors))
  const zeros = Buffer.alloc(sectorBytes)
  const fd = fs.openSync(image, 'r+')
  try {
    for (const sector of gone) fs.writeSync(fd, zeros, 0, sectorBytes, sector * sectorBytes)
  } finally {
    fs.closeSync(fd)
  }
  return gone.size
}
