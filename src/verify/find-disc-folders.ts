/** The discs in the places that a user names. One that is damaged is a disc still: little has to be right of it. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { isImage } from '../image/disc-files.ts'
import { checksumFile, chunkFolder, discNumber } from '../format/layout.ts'

/** Folders, images and drives: the places themselves, or what is in them. Throws `no-set` where there is none in a place. */
export function findDiscFolders(places: readonly string[]): string[] {
  const found = places.flatMap((place) => {
    const stat = statOf(place)
    if (isImage(place)) return [place]
    if (stat.isFile()) return [] // a catalog to go by
    const folders = stat.isDirectory() ? discsIn(place) : []
    if (folders.length === 0) throw noDisc(place)
    return folders
  })
  if (found.length === 0) throw noDisc(places.join(', '))
  return [...new Map(found.map((folder) => [fs.realpathSync(folder), folder])).values()]
}

function discsIn(place: string): string[] {
  if (isDisc(place)) return [place]
  try {
    const names = fs.readdirSync(place).sort()
    const folders = names.filter((name) => isFolder(path.join(place, name)) && isDisc(path.join(place, name)))
    // An image whose folder stands beside it was made of that.
    const images = names.filter((name) => {
      const stem = /^(.*)\.iso$/i.exec(name)?.[1]
      return stem !== undefined && !folders.includes(stem) && isImage(path.join(place, name))
    })
    return [...folders, ...images].map((name) => path.join(place, name))
  } catch (cause) {
    throw new ButcherError('io', `cannot look into ${place}: ${systemText(cause)}`, { path: place, cause })
  }
}

const isDisc = (folder: string): boolean =>
  isFolder(path.join(folder, chunkFolder)) ||
  fs.existsSync(path.join(folder, checksumFile)) ||
  discNumber(path.basename(path.resolve(folder))) !== undefined

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
  new ButcherError('no-set', `no disc in ${place}`, {
    path: place,
    hint: 'give a disc, a folder of discs, or a destination of backup',
  })
