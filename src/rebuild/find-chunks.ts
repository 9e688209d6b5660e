/** The chunk files in what a user gives as discs. Reads names and SHA256SUMS only. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { bytesOf, lookAt, namesIn } from '../image/disc-files.ts'
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
 * twice counts once. Throws `no-set` if there is no chunk in a place, `io` where it cannot be read.
 */
export async function findChunks(places: readonly string[]): Promise<FoundChunks> {
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
      const listed = await listedSums(folder.disc)
      for (const name of namesOf(folder.chunks)) {
        const file = path.join(folder.chunks, name)
        const named = parseChunkFile(name)
        const look = lookAt(file)
        if (named === undefined || look?.kind !== 'file') {
          strange.push({ path: file, reason: named ? 'is no file' : 'has no name that a chunk has' })
        } else if (look.sizeBytes === 0) strange.push({ path: file, reason: 'is empty' })
        else {
          const listedSha256 = listed.get(`${chunkFolder}/${name}`)
          chunks.push({ file, named, sizeBytes: look.sizeBytes, listedSha256 })
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
  const names = namesOf(place)
  if (names.some((name) => parseChunkFile(name) !== undefined)) {
    return [{ disc: path.dirname(path.resolve(place)), chunks: place }]
  }
  const own = folderOf(place)
  if (own) return [own]
  // Of a disc that is there as a folder, its image need not be read.
  const inner = names.filter((name) => !(/\.iso$/i.test(name) && names.includes(name.slice(0, -4))))
  return inner.flatMap((name) => folderOf(path.join(place, name)) ?? [])
}

function folderOf(disc: string): Folder | undefined {
  const chunks = path.join(disc, chunkFolder)
  return isFolder(chunks) ? { disc, chunks } : undefined
}

const isFolder = (folder: string): boolean => {
  try {
    return lookAt(folder)?.kind === 'folder'
  } catch {
    return false
  }
}

/** Of a folder in an image, the path as it is. */
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
    const hint = systemCode(cause) === 'ENOTDIR' ? { hint: 'give discs, or folders of discs' } : {}
    throw new ButcherError('io', `cannot look into ${folder}: ${systemText(cause)}`, {
      path: folder,
      cause,
      ...hint,
    })
  }
}

/** Of 400,000 files; what is larger is no list. */
const mostListBytes = 64 << 20

/** By the paths on the disc; where there is no SHA256SUMS, or a damaged one, what there is of it. */
async function listedSums(disc: string): Promise<Map<string, string>> {
  let text = ''
  try {
    const bytes: Buffer[] = []
    for await (const piece of bytesOf(path.join(disc, checksumFile), mostListBytes)) bytes.push(piece)
    text = Buffer.concat(bytes).toString('latin1')
  } catch {
    // Chunks say themselves what they are.
  }
  const lines = text.split('\n').filter((line) => /^[0-9a-f]{64} [ *]./.test(line))
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]))
}

const nothingIn = (place: string): ButcherError =>
  new ButcherError('no-set', `no chunks in ${place}`, {
    path: place,
    hint: 'give discs, or folders of discs',
  })
