/** Finds the chunk files on the given discs. Reads only names and SHA256SUMS. */

import fs from 'node:fs'
import path from 'node:path'
import { findDiscs, listedChunks } from '../catalog/find-discs.ts'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { inspectFile, namesIn } from '../media/disc-files.ts'
import { noDiscIn } from '../media/foreign-file.ts'
import { chunkFolder, type ChunkFileName, parseChunkFile } from '../format/layout.ts'

export interface ChunkFile {
  readonly file: string
  /** The parts of its name. */
  readonly named: ChunkFileName
  readonly sizeBytes: number
  /** Its hash in SHA256SUMS. */
  readonly listedSha256: string | undefined
}

export interface FoundChunks {
  /** In the order of their numbers. */
  readonly chunks: readonly ChunkFile[]
  /** The number of discs searched. */
  readonly discs: number
  /** Files that should be chunks but cannot be, and why. */
  readonly strange: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Searches `places`: discs, destinations and other folders of discs, or bare folders of chunks. A disc counts
 * once. Throws `no-set` if a place has no chunk, `io` if it cannot be read.
 */
export function findChunks(places: readonly string[]): FoundChunks {
  const chunks: ChunkFile[] = []
  const strange: { path: string; reason: string }[] = []
  const seen = new Set<string>()
  for (const place of places) {
    const folders = chunkFoldersIn(place)
    if (folders.length === 0) throw nothingIn(place)
    for (const folder of folders) {
      const real = realPath(folder.chunks)
      if (seen.has(real)) continue
      seen.add(real)
      const inFolder = chunksIn(folder)
      chunks.push(...inFolder.chunks)
      strange.push(...inFolder.strange)
    }
  }
  if (chunks.length === 0 && strange.length === 0) throw nothingIn(places.join(', '))
  chunks.sort((a, b) => a.named.chunk - b.named.chunk || (a.file < b.file ? -1 : 1))
  return { chunks, discs: seen.size, strange }
}

/** Reports a folder or file that cannot be read, and continues with the others. */
function chunksIn(folder: Folder): Pick<FoundChunks, 'chunks' | 'strange'> {
  const chunks: ChunkFile[] = []
  const strange: { path: string; reason: string }[] = []
  const listed = listedChunks(folder.disc)
  let names: string[] = []
  try {
    names = namesIn(folder.chunks)
  } catch (error) {
    strange.push({ path: folder.chunks, reason: `cannot be read: ${systemText(error)}` })
  }
  for (const name of names) {
    const file = path.join(folder.chunks, name)
    const named = parseChunkFile(name)
    try {
      const look = inspectFile(file)
      if (named === undefined || look?.kind !== 'file') {
        strange.push({ path: file, reason: named ? 'is not a file' : 'has no name that a chunk has' })
      } else if (look.sizeBytes === 0) strange.push({ path: file, reason: 'is empty' })
      else chunks.push({ file, named, sizeBytes: look.sizeBytes, listedSha256: listed.get(name) })
    } catch (error) {
      strange.push({ path: file, reason: `cannot be read: ${systemText(error)}` })
    }
  }
  return { chunks, strange }
}

interface Folder {
  readonly disc: string
  readonly chunks: string
}

function chunkFoldersIn(place: string): Folder[] {
  const names = namesOf(place)
  if (names.some((name) => parseChunkFile(name) !== undefined)) {
    return [{ disc: path.dirname(path.resolve(place)), chunks: place }]
  }
  const found = findDiscs(place).filter(({ folder }) => isFolder(path.join(folder, chunkFolder)))
  // If a disc's folder has its chunks, its image is not read.
  const whole = new Set(found.flatMap(({ folder, chunkFiles }) => (chunkFiles.length > 0 ? [folder] : [])))
  return found
    .filter(({ folder }) => !(/\.iso$/i.test(folder) && whole.has(folder.slice(0, -4))))
    .map(({ folder }) => ({ disc: folder, chunks: path.join(folder, chunkFolder) }))
}

const isFolder = (folder: string): boolean => {
  try {
    return inspectFile(folder)?.kind === 'folder'
  } catch {
    return false
  }
}

/** For a folder in an image, the path itself. */
function realPath(folder: string): string {
  try {
    return fs.realpathSync(folder)
  } catch {
    return path.resolve(folder)
  }
}

function namesOf(folder: string): string[] {
  try {
    return namesIn(folder)
  } catch (cause) {
    if (systemCode(cause) === 'ENOTDIR') throw nothingIn(folder)
    const code = systemCode(cause) === 'ENOENT' ? 'no-set' : 'io'
    throw new ButcherError(code, `cannot look into ${folder}: ${systemText(cause)}`, {
      path: folder,
      cause,
    })
  }
}

const nothingIn = (place: string): ButcherError =>
  noDiscIn(place, `no chunks in ${place}`, 'give discs, or folders of discs')
