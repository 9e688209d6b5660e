/** The media a disc set can be made for, and what they hold. */

import { parseSize } from './size-text.ts'

/** Bytes of one sector of every optical medium. */
export const sectorBytes = 2048

export interface Medium {
  readonly name: string
  /** Raw capacity in bytes; `Infinity` for `unlimited`. */
  readonly capacityBytes: number
}

/**
 * Sectors of blank media. CD-R of 80 minutes; for DVD the smaller of +R and -R; for DVD DL the smallest seen; BD-R as
 * pre-formatted with default spare areas, which is what growisofs does to a blank (the tables of dvdisaster and dumps
 * of drives).
 */
const sectors = {
  cd: 359_424,
  dvd: 2_295_104,
  'dvd-dl': 4_148_992,
  bd25: 11_826_176,
  bd50: 23_652_352,
  bd100: 47_305_728,
  bd128: 60_403_712,
} as const

export const mediumNames: readonly string[] = [...Object.keys(sectors), 'unlimited']

/** A medium by its name, or of a size given in bytes or units. Throws `usage`. */
export function parseMedium(text: string): Medium {
  const name = text.trim().toLowerCase()
  if (name === 'unlimited') return { name, capacityBytes: Infinity }
  if (Object.hasOwn(sectors, name)) {
    return { name, capacityBytes: sectors[name as keyof typeof sectors] * sectorBytes }
  }
  return { name: text.trim(), capacityBytes: parseSize(text, 'medium') }
}
