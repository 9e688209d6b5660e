/**
 * Finds the discs in the places that a user names, for every command. A damaged disc is still a disc, so one
 * sign is enough: its chunk folder, a SHA256SUMS that lists chunks, its label, or the name of its folder.
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
import { readSmallFile } from '../media/read-small-file.ts'

export interface DiscCandidate {
  /** The folder, image or drive of the disc. */
  readonly folder: string
  /** The number in the name of the folder. */
  readonly number: number | undefined
  /** The label in the volume id, or in the name of the mount point. */
  readonly label: DiscLabel | undefined
  readonly chunkFiles: readonly string[]
}

/** The list of a disc with 400,000 files; a longer file is not a list. */
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

/** The discs in `place`: itself, or the folders and images in it. Folders come first. Never throws. */
export function findDiscs(place: string): readonly DiscCandidate[] {
  const own = discAt(place) ?? discOfChunkFolder(place)
  if (own) return [own]
  return isImage(place) ? [] : placesIn(place).flatMap((inner) => discAt(inner) ?? [])
}

/** The disc in `folder` itself. */
export function discAt(folder: string): DiscCandidate | undefined {
  const names = namesOrNone(folder)
  if (names.length === 0) return undefined
  const candidate = candidateAt(folder)
  const { number, label } = candidate
  const isNamed = (number !== undefined || label !== undefined) && names.some((one) => ownNames.has(one))
  const isDisc = isNamed || names.includes(chunkFolder) || listedChunks(folder).size > 0
  return isDisc ? candidate : undefined
}

/** The signs of a folder or image that is treated as a disc in any case. */
export function candidateAt(folder: string): DiscCandidate {
  const name = path.basename(path.resolve(folder))
  return {
    folder,
    number: discNumber(name.replace(/\.iso$/i, '')),
    label: parseDiscLabel(imageAt(folder)?.label ?? name),
    chunkFiles: chunkFilesIn(folder),
  }
}

/** The chunks in the disc's SHA256SUMS: SHA-256 in hex by file name, without damaged lines. */
export function listedChunks(folder: string): ReadonlyMap<string, string> {
  const prefix = `${chunkFolder}/`
  const lines = [...listedSums(folder).sums].filter(([name]) => name.startsWith(prefix))
  const chunks = lines.map(([name, sum]): [string, string] => [name.slice(prefix.length), sum])
  return new Map(chunks.filter(([name]) => parseChunkFile(name) !== undefined))
}

/** The disc's SHA256SUMS; empty if it cannot be read. */
export const listedSums = (folder: string): ChecksumList =>
  parseChecksums(Buffer.from(readSmallFile(path.join(folder, checksumFile), mostListBytes) ?? ''))

const chunkFilesIn = (folder: string): string[] =>
  namesOrNone(path.join(folder, chunkFolder)).filter((name) => parseChunkFile(name) !== undefined)

/** A user who names the chunk folder means its disc. */
function discOfChunkFolder(place: string): DiscCandidate | undefined {
  const full = path.resolve(place)
  if (path.basename(full) !== chunkFolder || chunkFilesIn(path.dirname(full)).length === 0) return undefined
  return discAt(path.dirname(full))
}

/** The folders in a folder, then the images. If a disc has both, the folder is read. */
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
