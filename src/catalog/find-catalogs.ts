/** Where the catalogs and discs are, in what a user gives as the place of a set. Reads names only, opens no catalog. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import {
  catalogFile,
  checksumFile,
  chunkFolder,
  discNumber,
  parseChunkFile,
  stagedCatalogFile,
} from '../format/layout.ts'
import { type FileLook, isImage, lookAt, namesIn } from '../image/disc-files.ts'
import { readShortFile, sizeOfFile } from './short-file.ts'

export interface CatalogCandidate {
  readonly file: string
  readonly sizeBytes: number
  /** What the disc's SHA256SUMS says of it: equal ones need reading once. */
  readonly listedSha256: string | undefined
}

export interface DiscCandidate {
  /** Or its image, or the drive that it is in. */
  readonly folder: string
  /** What the folder's name says. */
  readonly number: number | undefined
  readonly chunkFiles: readonly string[]
}

export interface Found {
  readonly catalogs: readonly CatalogCandidate[]
  readonly discs: readonly DiscCandidate[]
}

/** Of a disc of 100,000 files. */
const maxChecksumBytes = 10_000_000

const catalogNames: readonly string[] = [catalogFile, stagedCatalogFile(false), stagedCatalogFile(true)]

/**
 * Looks through `from`: destinations of backup, discs, folders of discs, catalog files. A destination's own catalog is
 * never older than those of the discs in it, which are left out then. Throws `no-set` if there is none in a place.
 */
export function findCatalogs(from: readonly string[]): Found {
  const catalogs: CatalogCandidate[] = []
  const discs: DiscCandidate[] = []
  for (const place of from) {
    const found = lookThrough(place)
    if (found === undefined || (found.catalogs.length === 0 && found.discs.length === 0))
      throw nothingIn(place)
    catalogs.push(...found.catalogs)
    discs.push(...found.discs)
  }
  if (catalogs.length === 0) throw nothingIn(from.join(', '))
  return { catalogs, discs }
}

/** The discs in `place`: itself, or the folders in it. */
export function findDiscs(place: string): readonly DiscCandidate[] {
  try {
    return lookThrough(place)?.discs ?? []
  } catch {
    return []
  }
}

function lookThrough(place: string): Found | undefined {
  const look = lookInto(place)
  const isFolder = look.kind === 'folder' || isImage(place)
  if (look.kind === 'file' && !isFolder)
    return { catalogs: [{ file: place, sizeBytes: look.sizeBytes, listedSha256: undefined }], discs: [] }
  if (!isFolder) return undefined
  const own = catalogIn(place)
  const disc = discIn(place)
  if (disc) return { catalogs: own ? [own] : [], discs: [disc] }
  const discs: DiscCandidate[] = []
  for (const folder of isImage(place) ? [] : innerPlaces(place)) {
    const inner = discIn(folder)
    if (inner) discs.push(inner)
  }
  const below = own ? [] : discs.flatMap(({ folder }) => catalogIn(folder) ?? [])
  return { catalogs: own ? [own] : below, discs }
}

function discIn(folder: string): DiscCandidate | undefined {
  const number = discNumber(path.basename(path.resolve(folder)).replace(/\.iso$/i, ''))
  const names = listOf(path.join(folder, chunkFolder))
  const isDisc = names !== undefined || (number !== undefined && catalogIn(folder) !== undefined)
  if (!isDisc) return undefined
  return { folder, number, chunkFiles: (names ?? []).filter((name) => parseChunkFile(name) !== undefined) }
}

/** The folders in a folder, then the images: of a disc that is there as both, the folder is what is read. */
function innerPlaces(place: string): string[] {
  const inner = readFolder(place).map((name) => path.join(place, name))
  const isFolder = (name: string): boolean =>
    fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() === true
  return [...inner.filter(isFolder), ...inner.filter((name) => /\.iso$/i.test(name) && isImage(name))]
}

function catalogIn(folder: string): CatalogCandidate | undefined {
  for (const name of catalogNames) {
    const file = path.join(folder, name)
    const sizeBytes = sizeOfFile(file)
    if (sizeBytes !== undefined) return { file, sizeBytes, listedSha256: listedSha256(folder, name) }
  }
  return undefined
}

function listedSha256(folder: string, name: string): string | undefined {
  const text = readShortFile(path.join(folder, checksumFile), maxChecksumBytes) ?? ''
  const line = text.split('\n').find((candidate) => candidate.slice(66) === name)
  return line !== undefined && /^[0-9a-f]{64} [ *]/.test(line) ? line.slice(0, 64) : undefined
}

function lookInto(place: string): FileLook {
  try {
    const look = lookAt(place)
    if (look === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    return look
  } catch (cause) {
    const code = systemCode(cause) === 'ENOENT' ? 'no-set' : 'catalog'
    throw new ButcherError(code, `cannot look into ${place}: ${systemText(cause)}`, {
      path: place,
      cause,
    })
  }
}

function readFolder(place: string): string[] {
  try {
    return namesIn(place)
  } catch (cause) {
    throw new ButcherError('catalog', `cannot look into ${place}: ${systemText(cause)}`, {
      path: place,
      cause,
    })
  }
}

function listOf(folder: string): string[] | undefined {
  try {
    return namesIn(folder)
  } catch {
    return undefined
  }
}

const nothingIn = (place: string): ButcherError =>
  new ButcherError('no-set', `no catalog in ${place}`, {
    path: place,
    hint: 'give a destination of backup, a disc, a folder of discs, or a catalog file',
  })
