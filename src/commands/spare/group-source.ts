/** The discs that a spare is made from: their folders, and their files. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type DiscCandidate, findDiscs } from '../../catalog/find-discs.ts'
import { identifyDisc } from '../../catalog/identify-disc.ts'
import { chunkRows, type DiscRow } from '../../catalog/set-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import { checksumFile, chunkFolder, discFolder, discImage, parityFolder } from '../../format/layout.ts'
import { isChecksumParity } from '../../format/par2-file.ts'
import { showPath } from '../../format/path-text.ts'
import { inspectFile, namesIn } from '../../media/disc-files.ts'
import { type GroupDisc, type GroupFile, inStreamOrder, isGroupName } from '../../format/spare-group.ts'
import { readWhole } from '../../spare/read-whole.ts'
import { parseChecksums } from '../../format/checksum-list.ts'

/** The folders of those discs in the destination or at one of the places, by number. */
export function groupFolders(
  db: Catalog,
  destination: string,
  places: readonly string[],
  discs: readonly number[],
): Map<number, string> {
  const found = new Map<number, string>()
  for (const candidate of places.flatMap(discsIn)) {
    const disc = identifyDisc(db, candidate)
    if (disc !== undefined) found.set(disc, candidate.folder)
  }
  for (const disc of discs) {
    const staged = [discFolder(disc), discImage(disc)].map((name) => path.join(destination, name))
    const place = staged.find((name) => fs.existsSync(name))
    if (place !== undefined) found.set(disc, place)
  }
  return new Map([...found].filter(([disc]) => discs.includes(disc)))
}

function discsIn(place: string): readonly DiscCandidate[] {
  const discs = findDiscs(place)
  if (discs.length > 0) return discs
  throw new ButcherError('no-set', `no disc in ${showPath(place)}`, {
    path: place,
    hint: 'give a disc, a folder of discs, or a destination of backup',
  })
}

/**
 * The files of a disc: those in SHA256SUMS, SHA256SUMS itself and its parity. Other files in the folder do
 * not belong to the disc. Throws `damaged` if a file is missing, or not of this disc, and `io`.
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

/** The parity of SHA256SUMS, which SHA256SUMS cannot list. */
function checksumParity(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  const inside = path.join(folder, parityFolder)
  try {
    if (inspectFile(inside)?.kind !== 'folder') return []
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
    const look = inspectFile(file)
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
    return inspectFile(file) !== undefined
  } catch {
    return true
  }
}

const notComplete = (disc: number, folder: string): ButcherError =>
  new ButcherError('damaged', `disc ${disc} in ${showPath(folder)} is not complete, or another disc`, {
    path: folder,
    hint: 'if a backup was stopped, run it again first',
  })
