/**
 * Which discs are in the places that a user names: the one answer for every command. A damaged disc is still a disc, so one
 * sign is enough: the folder of its chunks, a SHA256SUMS that lists chunks, its label, or the name of its folder.
 */

import fs from 'node:fs'
import path from 'node:path'
import { type ChecksumList, parseChecksums } from '../format/checksum-list.ts'
import {
  checksumFile,
  chunkFolder,
  type DiscLabel,
  discNumber,
  pageFile,
  parityFolder,
  parseChunkFile,
  parseDiscLabel,
  readmeFile,
  scriptFile,
  stagedCatalogFile,
} from '../format/layout.ts'
import { imageAt, isImage, namesIn } from '../media/disc-files.ts'
import { readShortFile } from '../media/read-small-file.ts'

export interface DiscCandidate {
  /** Or its image, or the drive that it is in. */
  readonly folder: string
  /** What the folder's name says. */
  readonly number: number | undefined
  /** What the volume id says, or the mount point that is named after it. */
  readonly label: DiscLabel | undefined
  readonly chunkFiles: readonly string[]
}

/** Of a disc of 400,000 files; a longer file is no list. */
const mostListBytes = 64 << 20

const ownNames: ReadonlySet<string> = new Set([
  chunkFolder,
  checksumFile,
  readmeFile,
  scriptFile,
  pageFile,
  parityFolder,
  stagedCatalogFile(false),
  stagedCatalogFile(true),
])

/** The discs in `place`: itself, or the folders and images in it. Folders come first. Nothing is thrown. */
export function findDiscs(place: string): readonly DiscCandidate[] {
  const own = discAt(place) ?? discOfChunkFolder(place)
  if (own) return [own]
  return isImage(place) ? [] : placesIn(place).flatMap((inner) => discAt(inner) ?? [])
}

/** The disc that `folder` itself is. */
export function discAt(folder: string): DiscCandidate | undefined {
  const names = namesOrNone(folder)
  if (names.length === 0) return undefined
  const candidate = candidateAt(folder)
  const { number, label } = candidate
  const isNamed = (number !== undefined || label !== undefined) && names.some((one) => ownNames.has(one))
  const isDisc = isNamed || names.includes(chunkFolder) || listedChunks(folder).size > 0
  return isDisc ? candidate : undefined
}

/** What speaks for a folder or image that is taken for a disc in any case. */
export function candidateAt(folder: string): DiscCandidate {
  const name = path.basename(path.resolve(folder))
  return {
    folder,
    number: discNumber(name.replace(/\.iso$/i, '')),
    label: parseDiscLabel(imageAt(folder)?.label ?? name),
    chunkFiles: chunkFilesIn(folder),
  }
}

/** The chunks that the disc's SHA256SUMS lists: their SHA-256 in hex by file name. Lines that are damaged are left out. */
export function listedChunks(folder: string): ReadonlyMap<string, string> {
  const prefix = `${chunkFolder}/`
  const lines = [...listedSums(folder).sums].filter(([name]) => name.startsWith(prefix))
  const chunks = lines.map(([name, sum]): [string, string] => [name.slice(prefix.length), sum])
  return new Map(chunks.filter(([name]) => parseChunkFile(name) !== undefined))
}

/** The disc's SHA256SUMS, empty where there is none that can be read. */
export const listedSums = (folder: string): ChecksumList =>
  parseChecksums(Buffer.from(readShortFile(path.join(folder, checksumFile), mostListBytes) ?? ''))

const chunkFilesIn = (folder: string): string[] =>
  namesOrNone(path.join(folder, chunkFolder)).filter((name) => parseChunkFile(name) !== undefined)

/** Whoever names the folder of the chunks means their disc. */
function discOfChunkFolder(place: string): DiscCandidate | undefined {
  const full = path.resolve(place)
  if (path.basename(full) !== chunkFolder || chunkFilesIn(path.dirname(full)).length === 0) return undefined
  return discAt(path.dirname(full))
}

/** The folders in a folder, then the images: where a disc is there as both, the folder is read. */
function placesIn(place: string): string[] {
  const inner = namesOrNone(place).map((name) => path.join(place, name))
  return [...inner.filter(isFolder), ...inner.filter((name) => /\.iso$/i.test(name) && isImage(name))]
}

function isFolder(file: string): boolean {
  try {
    return fs.statSync(file).isDirectory()
  } catch {
    return false
  }
}

function namesOrNone(folder: string): string[] {
  try {
    return namesIn(folder)
  } catch {
    return []
  }
}
