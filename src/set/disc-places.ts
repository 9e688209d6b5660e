/** The files of a disc in the destination: its folder, its image. */

import fs from 'node:fs'
import path from 'node:path'
import { copyRows } from '../catalog/disc-life.ts'
import { isInGroup } from '../catalog/spare-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { discFolder, discImage, discNumber } from '../format/layout.ts'
import { inspectDestination } from './destination.ts'

/** The disc folders in a destination, by number. */
export const discPlaces = (destination: string): ReadonlyMap<number, string> =>
  new Map(
    inspectDestination(destination).discs.map((disc) => [disc, path.join(destination, discFolder(disc))]),
  )

/** The numbers of the discs that have a folder or an image in a destination. */
export function stagedNumbers(destination: string): number[] {
  const names = fs.existsSync(destination) ? fs.readdirSync(destination) : []
  return [...new Set(names.flatMap((name) => discNumber(name.replace(/\.iso$/, '')) ?? []))].sort(
    (a, b) => a - b,
  )
}

/**
 * Whether a disc's folder must not change: it was burned, it has an image, or a spare includes it. Then
 * verify, later copies and spares all use the same bytes.
 */
export const isFrozen = (db: Catalog, destination: string, disc: number): boolean =>
  copyRows(db, disc).length > 0 ||
  isInGroup(db, disc) ||
  fs.existsSync(path.join(destination, discImage(disc)))
