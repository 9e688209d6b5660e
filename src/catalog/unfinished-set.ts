/** A destination in which a backup was begun, and none is finished. */

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

/** Throws `no-set` of a place without a catalog where a run began the first backup. */
export function refuseUnfinished(place: string): void {
  const unfinished = unfinishedAt(place)
  if (unfinished === undefined) return
  throw new ButcherError('no-set', `${showPath(unfinished)} has an unfinished backup and no finished one`, {
    path: unfinished,
    hint: 'run butcher backup again',
  })
}

/** The destination that `place` is, or is a disc of, where no backup in it is finished. */
function unfinishedAt(place: string): string | undefined {
  const disc = path.resolve(place)
  const above = discNumber(path.basename(disc)) === undefined ? [] : [path.dirname(disc)]
  return [place, ...above].find(hasUnfinishedBackup)
}

/** Whether a run began a backup in a destination, and none has finished one. */
function hasUnfinishedBackup(destination: string): boolean {
  const work = path.join(destination, workFolder)
  if (!fs.existsSync(work)) return false
  if (catalogNames.some((name) => fs.existsSync(path.join(destination, name)))) return false
  const left = [...namesIn(path.join(work, journalFolder)), ...namesIn(path.join(work, 'new'))]
  return left.length > 0 || fs.existsSync(path.join(work, 'lock')) || begunDiscs(destination).length > 0
}

/** Whether a run that did not end has chunks in the destination that its catalog does not know. */
export const hasJournal = (destination: string): boolean =>
  namesIn(path.join(destination, workFolder, journalFolder)).length > 0

/** The disc folders of a destination that no run has finished: they have chunks at the most. */
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
