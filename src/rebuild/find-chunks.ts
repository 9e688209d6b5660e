/** The chunk files in what a user gives as discs. Reads names and SHA256SUMS only. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { checksumFile, chunkFolder, type ChunkFileName, parseChunkFile } from '../format/layout.ts'

export interface ChunkFile {
  readonly file: string
  /** What its name says. */
  readonly named: ChunkFileName
  readonly sizeBytes: number
  /** What SHA256SUMS says of it. */
  readonly listedSha256: string | undefined
}

export interface FoundChunks {
  /** In the order of their numbers. */
  readonly chunks: readonly ChunkFile[]
  /** Discs that were looked into. */
  readonly discs: number
  /** What should be a chunk and cannot be one, and why. */
  readonly strange: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Looks through `places`: discs, destinations and other folders of discs, or bare folders of chunks; a disc that is given
 * twice counts once. Throws `catalog` where there is no chunk in a place, `io` where it cannot be read.
 */
export function findChunks(places: readonly string[]): FoundChunks {
  const chunks: ChunkFile[] = []
  const strange: { path: string; reason: string }[] = []
  const seen = new Set<string>()
  for (const place of places) {
    const folders = chunkFoldersIn(place)
    if (folders.length === 0) throw nothingIn(place)
    for (const folder of folders) {
      const real = fs.realpathSync(folder.chunks)
      if (seen.has(real)) continue
      seen.add(real)
      const listed = listedSums(folder.disc)
      for (const name of namesIn(folder.chunks)) {
        const file = path.join(folder.chunks, name)
        const named = parseChunkFile(name)
        const stat = fs.statSync(file, { throwIfNoEntry: false })
        if (named === undefined || !stat?.isFile()) {
          strange.push({ path: file, reason: named ? 'is no file' : 'has no name that a chunk has' })
        } else if (stat.size === 0) strange.push({ path: file, reason: 'is empty' })
        else {
          const listedSha256 = listed.get(`${chunkFolder}/${name}`)
          chunks.push({ file, named, sizeBytes: stat.size, listedSha256 })
        }
      }
    }
  }
  if (chunks.length === 0 && strange.length === 0) throw nothingIn(places.join(', '))
  chunks.sort((a, b) => a.named.chunk - b.named.chunk || (a.file < b.file ? -1 : 1))
  return { chunks, discs: seen.size, strange }
}

interface Folder {
  readonly disc: string
  readonly chunks: string
}

function chunkFoldersIn(place: string): Folder[] {
  const names = namesIn(place)
  if (names.some((name) => parseChunkFile(name) !== undefined)) {
    return [{ disc: path.dirname(path.resolve(place)), chunks: place }]
  }
  const own = folderOf(place)
  return own ? [own] : names.flatMap((name) => folderOf(path.join(place, name)) ?? [])
}

function folderOf(disc: string): Folder | undefined {
  const chunks = path.join(disc, chunkFolder)
  return isFolder(chunks) ? { disc, chunks } : undefined
}

const isFolder = (folder: string): boolean => {
  try {
    return fs.statSync(folder).isDirectory()
  } catch {
    return false
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort()
  } catch (cause) {
    const hint = systemCode(cause) === 'ENOTDIR' ? { hint: 'give discs, or folders of discs' } : {}
    throw new ButcherError('io', `cannot look into ${folder}: ${systemText(cause)}`, {
      path: folder,
      cause,
      ...hint,
    })
  }
}

/** By the paths on the disc; where there is no SHA256SUMS, or a damaged one, what there is of it. */
function listedSums(disc: string): Map<string, string> {
  let text = ''
  try {
    text = fs.readFileSync(path.join(disc, checksumFile), 'latin1')
  } catch {
    // Chunks say themselves what they are.
  }
  const lines = text.split('\n').filter((line) => /^[0-9a-f]{64} [ *]./.test(line))
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]))
}

const nothingIn = (place: string): ButcherError =>
  new ButcherError('catalog', `no chunks in ${place}`, {
    path: place,
    hint: 'give discs, or folders of discs',
  })
