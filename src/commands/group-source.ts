/** The discs that a spare is made of: where they are, and what is on them. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { identifyDisc } from '../catalog/identify-disc.ts'
import { chunkRows, type DiscRow } from '../catalog/set-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import {
  checksumFile,
  chunkFolder,
  discFolder,
  discImage,
  discNumber,
  parityFolder,
  parseChunkFile,
} from '../format/layout.ts'
import { isChecksumParity } from '../format/par2-file.ts'
import { showPath } from '../format/path-text.ts'
import { lookAt, namesIn } from '../image/disc-files.ts'
import { type GroupDisc, type GroupFile, inStreamOrder, isGroupName } from '../format/spare-group.ts'
import { readWhole } from '../spare/read-whole.ts'
import { parseChecksums } from '../verify/checksum-list.ts'
import { findDiscFolders } from '../verify/find-disc-folders.ts'

/** The folders of those discs that are in the destination or at one of the places, by number. */
export function groupFolders(
  db: Catalog,
  destination: string,
  places: readonly string[],
  discs: readonly number[],
): Map<number, string> {
  const found = new Map<number, string>()
  for (const folder of places.length === 0 ? [] : findDiscFolders(places)) {
    const disc = discAt(db, folder)
    if (disc !== undefined) found.set(disc, folder)
  }
  for (const disc of discs) {
    const staged = [discFolder(disc), discImage(disc)].map((name) => path.join(destination, name))
    const place = staged.find((name) => fs.existsSync(name))
    if (place !== undefined) found.set(disc, place)
  }
  return new Map([...found].filter(([disc]) => discs.includes(disc)))
}

/** Which disc of the set a folder is, as far as its chunks tell. */
export function discAt(db: Catalog, folder: string): number | undefined {
  let names: string[] = []
  try {
    names = namesIn(path.join(folder, chunkFolder))
  } catch {
    return undefined
  }
  const chunkFiles = names.filter((name) => parseChunkFile(name) !== undefined)
  return identifyDisc(db, { folder, number: discNumber(path.basename(path.resolve(folder))), chunkFiles })
}

/**
 * What SHA256SUMS says is on the disc, SHA256SUMS itself and its parity: what else lies in the folder is not the disc's. Throws `damaged`
 * where something of it is not there, or not of this disc, `io`.
 */
export function groupDisc(db: Catalog, { number, label }: DiscRow, folder: string): GroupDisc {
  const sumsFile = path.join(folder, checksumFile)
  let bytes: Buffer
  try {
    bytes = readWhole(sumsFile)
  } catch (error) {
    if (!isThere(sumsFile)) throw notComplete(number, folder)
    throw asButcherError(error, 'cannot read', sumsFile)
  }
  const { sums, wrongLines } = parseChecksums(bytes)
  const strange = [...sums.keys()].find((name) => !isGroupName(name))
  if (wrongLines.length > 0 || strange !== undefined) {
    throw new ButcherError('damaged', `${showPath(sumsFile)} is damaged`, {
      path: sumsFile,
      hint: repairHint,
    })
  }
  for (const chunk of chunkRows(db, number)) {
    if (sums.get(`${chunkFolder}/${chunk.name}`) !== chunk.sha256) throw notComplete(number, folder)
  }
  const files = [...sums].map(([name, sha256]): GroupFile => ({
    name,
    sha256,
    sizeBytes: sizeOf(number, folder, name),
  }))
  const unlisted = [{ name: checksumFile, bytes }, ...checksumParity(folder)].map((file): GroupFile => ({
    name: file.name,
    sizeBytes: file.bytes.length,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
  }))
  return { disc: number, label, files: inStreamOrder([...files, ...unlisted]) }
}

/** The parity of SHA256SUMS, which that cannot list. */
function checksumParity(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  const inside = path.join(folder, parityFolder)
  try {
    if (lookAt(inside)?.kind !== 'folder') return []
    return namesIn(inside)
      .map((name) => `${parityFolder}/${name}`)
      .filter(isChecksumParity)
      .map((name) => ({ name, bytes: readWhole(path.join(folder, name)) }))
  } catch (error) {
    throw asButcherError(error, 'cannot read', inside)
  }
}

export const repairHint = 'a spare is made of sound discs: repair it first, or take a good copy of the disc'

function sizeOf(disc: number, folder: string, name: string): number {
  const file = path.join(folder, name)
  try {
    const look = lookAt(file)
    if (look?.kind === 'file') return look.sizeBytes
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
  throw new ButcherError('damaged', `disc ${disc} lacks ${showPath(file)}`, {
    path: file,
    hint: repairHint,
  })
}

function isThere(file: string): boolean {
  try {
    return lookAt(file) !== undefined
  } catch {
    return true
  }
}

const notComplete = (disc: number, folder: string): ButcherError =>
  new ButcherError('damaged', `disc ${disc} in ${showPath(folder)} is not complete, or another disc`, {
    path: folder,
    hint: 'where a backup stopped, run it again first: it goes on',
  })
