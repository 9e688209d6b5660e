/** Finds spares and the discs of their groups among folders, whatever their names. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { DiscCandidate } from '../catalog/find-discs.ts'
import { ButcherError, systemText } from '../errors.ts'
import { type ChecksumList, parseChecksums } from '../format/checksum-list.ts'
import { checksumFile, chunkFolder, groupFile } from '../format/layout.ts'
import { isImage, inspectFile } from '../media/disc-files.ts'
import { whyNoDisc } from '../media/foreign-file.ts'
import { readWhole } from './read-whole.ts'
import { type GroupDisc, parseGroup, type SpareGroup } from '../format/spare-group.ts'

export interface FoundSpare {
  readonly folder: string
  readonly group: SpareGroup
}

/** The places, and the folders and images in them. Throws `io` if a place cannot be read. */
export function foldersAt(places: readonly string[]): string[] {
  const folders = places.flatMap((place) => {
    if (isImage(place)) return [place]
    try {
      const inside = fs.readdirSync(place).sort()
      return [
        place,
        ...inside.map((name) => path.join(place, name)).filter((name) => isFolder(name) || isDiscImage(name)),
      ]
    } catch (cause) {
      const why = whyNoDisc(place)
      if (why) throw new ButcherError('no-set', why.message, { path: place, hint: why.hint, cause })
      throw new ButcherError('io', `cannot look into ${place}: ${systemText(cause)}`, { path: place, cause })
    }
  })
  return [...new Map(folders.map((folder) => [fs.realpathSync(folder), folder])).values()]
}

/** `onDamage` gets each damaged list. */
export function findSpares(
  folders: readonly string[],
  onDamage: (file: string, message: string) => void,
): FoundSpare[] {
  return folders.flatMap((folder) => {
    const file = path.join(folder, groupFile)
    if (!isFile(file)) return []
    try {
      return [{ folder, group: parseGroup(readWhole(file).toString('utf8')) }]
    } catch (error) {
      onDamage(file, error instanceof ButcherError ? error.message : systemText(error))
      return []
    }
  })
}

/**
 * The disc of the group that a folder holds, by its SHA256SUMS. If that is damaged, most of the listed files
 * and of the existing chunks decide. If no chunk is left, the label or the folder name decides.
 */
export function discOfGroup(group: SpareGroup, { folder, label, number }: DiscCandidate): number | undefined {
  const list = readOrEmpty(path.join(folder, checksumFile))
  const hash = createHash('sha256').update(list).digest('hex')
  const same = group.discs.find(({ files }) =>
    files.some(({ name, sha256 }) => name === checksumFile && sha256 === hash),
  )
  if (same) return same.disc
  const { sums } = parseChecksums(list)
  const scores = group.discs.map((disc) => ({ disc: disc.disc, score: scoreOf(disc, sums, folder) }))
  const best = scores.sort((a, b) => b.score - a.score)[0]
  if (best && best.score > 0) return best.disc
  if (label !== undefined && !group.set.startsWith(label.set)) return undefined
  const named = label?.disc ?? number
  return group.discs.some(({ disc }) => disc === named) ? named : undefined
}

function scoreOf({ files }: GroupDisc, sums: ChecksumList['sums'], folder: string): number {
  const chunks = files.filter(({ name }) => name.startsWith(`${chunkFolder}/`))
  const listed = chunks.filter(({ name, sha256 }) => sums.get(name) === sha256).length
  const there = chunks.filter(({ name, sizeBytes }) => sizeOf(path.join(folder, name)) === sizeBytes).length
  return listed * 2 + there
}

function readOrEmpty(file: string): Buffer {
  try {
    return readWhole(file)
  } catch {
    return Buffer.alloc(0)
  }
}

function look(file: string): ReturnType<typeof inspectFile> {
  try {
    return inspectFile(file)
  } catch {
    return undefined
  }
}

const isFolder = (folder: string): boolean => look(folder)?.kind === 'folder'
const isFile = (file: string): boolean => look(file)?.kind === 'file'
const sizeOf = (file: string): number | undefined => look(file)?.sizeBytes
const isDiscImage = (file: string): boolean => /\.iso$/i.test(file) && isImage(file)
