/** The media for disc sets, and their capacities. */

import { parseSize } from './size-text.ts'

/** The sector size of every optical medium, in bytes. */
export const sectorBytes = 2048

export interface Medium {
  readonly name: string
  /** Raw capacity in bytes; `Infinity` for `unlimited`. */
  readonly capacityBytes: number
}

/**
 * Sectors of blank media. CD-R: 80 minutes. DVD: the smaller of +R and -R. DVD DL: the smallest seen. BD-R:
 * formatted with default spare areas, as growisofs does (from the tables of dvdisaster and dumps of drives).
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

/** A medium by name, or by a size in bytes or units. Throws `usage`. */
export function parseMedium(text: string): Medium {
  const name = text.trim().toLowerCase()
  if (name === 'unlimited') return { name, capacityBytes: Infinity }
  if (Object.hasOwn(sectors, name)) {
    return { name, capacityBytes: sectors[name as keyof typeof sectors] * sectorBytes }
  }
  return { name: text.trim(), capacityBytes: parseSize(text, 'medium') }
}
