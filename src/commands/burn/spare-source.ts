/** A spare disc as a source for images and burning. */

import fs from 'node:fs'
import path from 'node:path'
import type { ImageSource } from '../../burn/disc-image.ts'
import { discRows } from '../../catalog/set-rows.ts'
import { spareRows } from '../../catalog/spare-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { ButcherError } from '../../errors.ts'
import { checksumFile, spareFolder, spareImage, spareLabel } from '../../format/layout.ts'
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'

export interface SpareSource {
  readonly spare: number
  readonly source: ImageSource
  /** The path of the image, which may not exist yet. */
  readonly file: string
  /** The capacity of the largest medium in its group; Infinity without limit. */
  readonly capacity: number
}

/** Throws `usage` for an unknown number, `missing-disc` for a spare that is not in the destination. */
export function spareSource(db: Catalog, setId: string, destination: string, spare: number): SpareSource {
  const row = spareRows(db).find(({ number, bytes }) => number === spare && bytes > 0)
  if (row === undefined) throw new ButcherError('usage', `there is no spare ${spare}`)
  const folder = path.join(destination, spareFolder(spare))
  if (!fs.existsSync(path.join(folder, checksumFile))) {
    throw new ButcherError('missing-disc', `spare ${spare} is no longer in ${showPath(destination)}`, {
      path: folder,
    })
  }
  const group = discRows(db).filter(({ number }) => row.discs.includes(number))
  return {
    spare,
    source: { folder, volumeId: spareLabel(setId, spare), date: row.created },
    file: path.join(destination, spareImage(spare)),
    capacity: Math.max(...group.map(({ capacity }) => capacity ?? Infinity)),
  }
}

export const overfullSpare = (spare: number, over: number): ButcherError =>
  new ButcherError(
    'medium',
    `the image of spare ${spare} would be ${showSize(over)} more than its medium holds`,
  )

export const changedSpare = (spare: number, folder: string): ButcherError =>
  new ButcherError('io', `the folder of spare ${spare} changed while its image was made`, { path: folder })
