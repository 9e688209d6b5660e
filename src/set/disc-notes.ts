/** Checks before a fact about a disc is recorded, and the record of a loss. */

import fs from 'node:fs'
import path from 'node:path'
import { copyRows, recordCopy } from '../catalog/disc-life.ts'
import { discRows } from '../catalog/set-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { ButcherError } from '../errors.ts'
import { discFolder, discImage } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'

/** Throws `usage` if the disc does not exist, or is not burned yet. */
export function refuseOpen(db: Catalog, disc: number, staged: readonly number[]): void {
  const row = discRows(db).find(({ number }) => number === disc)
  if (!row) throw new ButcherError('usage', `there is no disc ${disc}`)
  if (row.state === 'open' && staged.includes(disc)) {
    throw new ButcherError('usage', `disc ${disc} is not burned yet: it still takes more`, {
      hint: 'butcher iso and butcher burn seal it',
    })
  }
}

/** Throws `usage` if the folder or image of the disc is in the destination. */
export function refuseStaged(disc: number, destination: string): void {
  const staged = [discFolder(disc), discImage(disc)].map((name) => path.join(destination, name))
  const there = staged.find((name) => fs.existsSync(name))
  if (there === undefined) return
  throw new ButcherError('usage', `disc ${disc} is not lost: ${showPath(there)} is there`, {
    path: there,
    hint: 'burn it again; or remove it, if it is of no use',
  })
}

/** Marks all copies as lost, or only the given one. */
export function recordLoss(db: Catalog, disc: number, copy?: number): void {
  const known = copyRows(db, disc)
  if (copy !== undefined && copy !== 1 && !known.some((row) => row.copy === copy)) throw noCopy(disc, copy)
  const lost = copy !== undefined ? [copy] : known.length === 0 ? [1] : known.map((row) => row.copy)
  for (const number of lost) recordCopy(db, disc, number, { state: 'lost' })
}

export const noCopy = (disc: number, copy: number): ButcherError =>
  new ButcherError('usage', `disc ${disc} has no copy ${copy}`)
