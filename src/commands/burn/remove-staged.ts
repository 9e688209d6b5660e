/** The only place that removes a staged disc. */

import fs from 'node:fs'
import { copyRows } from '../../catalog/disc-life.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { asButcherError } from '../../errors.ts'
import type { DiscSource } from '../../set/disc-source.ts'

/**
 * Removes the folder and the image of a disc that has `copies` verified copies, and at least one. Returns
 * false otherwise, without removing anything. The catalog must be saved before.
 */
export function removeStaged(db: Catalog, { row, folder, image }: DiscSource, copies: number): boolean {
  const verified = copyRows(db, row.number).filter(({ state }) => state === 'verified').length
  if (!(verified >= 1 && verified >= copies)) return false
  for (const place of folder === undefined ? [image] : [image, folder]) {
    try {
      fs.rmSync(place, { recursive: true, force: true })
    } catch (error) {
      throw asButcherError(error, 'cannot remove', place)
    }
  }
  return true
}
