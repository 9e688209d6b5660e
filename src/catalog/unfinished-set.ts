/** A destination with a first backup that was begun but not finished. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError } from '../errors.ts'
import {
  catalogNames,
  checksumFile,
  chunkFolder,
  discNumber,
  journalFolder,
  workFolder,
} from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'

/** Throws `no-set` for a place without a catalog if a run began the first backup there. */
export function refuseUnfinished(place: string): void {
  const unfinished = unfinishedAt(place)
  if (unfinished === undefined) return
  throw new ButcherError('no-set', `${showPath(unfinished)} has an unfinished backup and no finished one`, {
    path: unfinished,
    hint: 'run butcher backup again',
  })
}

/** The destination at `place`, or of the disc at `place`, if no backup in it is finished. */
function unfinishedAt(place: string): string | undefined {
  const disc = path.resolve(place)
  const above = discNumber(path.basename(disc)) === undefined ? [] : [path.dirname(disc)]
  return [place, ...above].find(hasUnfinishedBackup)
}

/** Whether a run began a backup in a destination that has no finished backup. */
function hasUnfinishedBackup(destination: string): boolean {
  const work = path.join(destination, workFolder)
  if (!fs.existsSync(work)) return false
  if (catalogNames.some((name) => fs.existsSync(path.join(destination, name)))) return false
  const left = [...namesIn(path.join(work, journalFolder)), ...namesIn(path.join(work, 'new'))]
  return left.length > 0 || fs.existsSync(path.join(work, 'lock')) || begunDiscs(destination).length > 0
}

/** Whether an interrupted run left chunks in the destination that its catalog does not know. */
export const hasJournal = (destination: string): boolean =>
  namesIn(path.join(destination, workFolder, journalFolder)).length > 0

/** The unfinished disc folders of a destination: they have only chunks. */
export const begunDiscs = (destination: string): string[] =>
  namesIn(destination)
    .filter((name) => discNumber(name) !== undefined)
    .map((name) => path.join(destination, name))
    .filter(isOnlyBegun)

const isOnlyBegun = (disc: string): boolean =>
  namesIn(disc).every((name) => name === chunkFolder) && !fs.existsSync(path.join(disc, checksumFile))

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}
