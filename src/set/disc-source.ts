/** The discs of a destination as sources for images and burning. */

import fs from 'node:fs'
import path from 'node:path'
import { copyRows, type DiscCopy, isGood, isUnread } from '../catalog/disc-life.ts'
import { backupRows, chunkRows, type DiscRow, discRows } from '../catalog/set-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { ImageSource } from '../burn/disc-image.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { parseChecksums } from '../format/checksum-list.ts'
import { counted } from '../format/counted-text.ts'
import { checksumFile, chunkFolder, discFolder, discImage } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'

export interface DiscSource {
  readonly row: DiscRow
  /** Undefined if the folder is not in the destination. */
  readonly folder: string | undefined
  /** The path of the image, which may not exist yet. */
  readonly image: string
  readonly hasImage: boolean
  /** Copies that butcher burned or read, and that are not known as damaged or lost. */
  readonly goodCopies: number
  /** Copies that only the user vouches for. */
  readonly unread: readonly DiscCopy[]
  /** The number for the next copy. */
  readonly nextCopy: number
}

/** The discs that have a folder or an image in the destination, in order. */
export const stagedDiscs = (db: Catalog, destination: string): DiscSource[] =>
  discRows(db)
    .map((row) => sourceOf(db, destination, row))
    .filter(({ folder, hasImage }) => folder !== undefined || hasImage)

/**
 * The discs with those numbers. Throws `usage` for an unknown number, `missing-disc` for a disc that is not
 * there.
 */
export function chosenDiscs(db: Catalog, destination: string, numbers: readonly number[]): DiscSource[] {
  const rows = new Map(discRows(db).map((row) => [row.number, row]))
  return numbers.map((number) => {
    const row = rows.get(number)
    if (row === undefined) throw new ButcherError('usage', `there is no disc ${number}`)
    const source = sourceOf(db, destination, row)
    if (source.folder !== undefined || source.hasImage) return source
    throw new ButcherError('missing-disc', `disc ${number} is no longer in ${showPath(destination)}`, {
      hint: `copy it back to ${discFolder(number)} there, if there is one`,
    })
  })
}

function sourceOf(db: Catalog, destination: string, row: DiscRow): DiscSource {
  const folder = path.join(destination, discFolder(row.number))
  const image = path.join(destination, discImage(row.number))
  const copies = copyRows(db, row.number)
  return {
    row,
    folder: fs.existsSync(folder) ? folder : undefined,
    image,
    hasImage: fs.existsSync(image),
    goodCopies: copies.filter((copy) => isGood(copy) && !isUnread(copy)).length,
    unread: copies.filter(isUnread),
    nextCopy: (copies.at(-1)?.copy ?? 0) + 1,
  }
}

/**
 * The source of a disc's image. Its date is that of the newest backup on the disc, which the catalog always
 * knows. Throws `damaged` if the folder lacks files, as after a stopped backup.
 */
export function imageSourceOf(db: Catalog, { row, folder }: DiscSource): ImageSource {
  if (folder === undefined) throw new Error('no folder')
  const chunks = chunkRows(db, row.number)
  refuseIncomplete(
    folder,
    row.number,
    chunks.map(({ name }) => `${chunkFolder}/${name}`),
  )
  const newest = Math.max(0, ...chunks.map(({ backup }) => backup))
  const date = backupRows(db).find(({ number }) => number === newest)?.started ?? 0
  return { folder, volumeId: row.label, date }
}

function refuseIncomplete(folder: string, disc: number, chunks: readonly string[]): void {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(path.join(folder, checksumFile))
  } catch (error) {
    throw fs.existsSync(path.join(folder, checksumFile))
      ? asButcherError(error, 'cannot read', path.join(folder, checksumFile))
      : unfinished(folder, disc)
  }
  const { sums } = parseChecksums(bytes)
  const missing = [...sums.keys(), ...chunks].find((name) => !fs.existsSync(path.join(folder, name)))
  if (missing !== undefined) {
    throw new ButcherError('damaged', `disc ${disc} lacks ${showPath(path.join(folder, missing))}`, {
      path: folder,
    })
  }
  if (chunks.some((name) => !sums.has(name))) throw unfinished(folder, disc)
}

const unfinished = (folder: string, disc: number): ButcherError =>
  new ButcherError('damaged', `disc ${disc} in ${showPath(folder)} is not complete: a backup stopped`, {
    path: folder,
    hint: 'run the backup again first: it continues',
  })

/** Throws `medium` if the image is larger than the disc's medium. */
export function refuseOverfull({ row }: DiscSource, bytes: number): void {
  if (row.capacity === null || bytes <= row.capacity) return
  throw new ButcherError(
    'medium',
    `the image of disc ${row.number} would be ${showSize(bytes)}, ${counted(bytes - row.capacity, 'byte')} more than its medium holds`,
  )
}
