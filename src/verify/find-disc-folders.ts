/** Finds the discs to read. A disc may lack nearly everything: missing files become findings. */

import fs from 'node:fs'
import path from 'node:path'
import { discAt, findDiscs } from '../catalog/find-discs.ts'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { isImage } from '../media/disc-files.ts'
import { noDiscIn } from '../media/foreign-file.ts'
import { checksumFile, discNumber } from '../format/layout.ts'

/**
 * Folders, images and drives: the places themselves, or those in them. Throws `no-set` if a place has none.
 */
export function findDiscFolders(places: readonly string[]): string[] {
  const found = places.flatMap((place) => {
    const stat = statOf(place)
    if (isImage(place)) return [place]
    if (stat.isFile()) return [] // a catalog to go by
    const folders = stat.isDirectory() ? discsIn(place) : []
    if (folders.length === 0) throw noDisc(place)
    return folders
  })
  if (found.length === 0) throw noDisc(places.length === 1 ? (places[0] as string) : places.join(', '))
  return [...new Map(found.map((folder) => [fs.realpathSync(folder), folder])).values()]
}

function discsIn(place: string): string[] {
  const own = discAt(place)
  if (own) return [own.folder]
  const discs = findDiscs(place).map(({ folder }) => folder)
  const others = placesBelow(place).filter((folder) => !discs.includes(folder) && isChecked(folder))
  const all = [...discs, ...others].sort()
  // An image beside its folder was made from that folder.
  const once = all.filter((folder) => !/\.iso$/i.test(folder) || !all.includes(folder.slice(0, -4)))
  return once.length === 0 && isChecked(place) ? [place] : once
}

/** A spare, which has its own checksums, or a disc with nothing left but its folder. */
const isChecked = (place: string): boolean =>
  isFolder(place)
    ? fs.existsSync(path.join(place, checksumFile)) ||
      discNumber(path.basename(path.resolve(place))) !== undefined
    : /\.iso$/i.test(place) && isImage(place)

function placesBelow(place: string): string[] {
  try {
    return fs.readdirSync(place).map((name) => path.join(place, name))
  } catch (cause) {
    throw new ButcherError('io', `cannot look into ${place}: ${systemText(cause)}`, { path: place, cause })
  }
}

const isFolder = (folder: string): boolean =>
  fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true

function statOf(place: string): fs.Stats {
  try {
    return fs.statSync(place)
  } catch (cause) {
    const code = systemCode(cause) === 'ENOENT' ? 'no-set' : 'io'
    throw new ButcherError(code, `cannot look into ${place}: ${systemText(cause)}`, { path: place, cause })
  }
}

const noDisc = (place: string): ButcherError =>
  noDiscIn(place, `no disc in ${place}`, 'give a disc, a folder of discs, or a destination of backup')
