/** Looks for another copy of a damaged chunk: under another name, or on another copy of its disc. */

import path from 'node:path'
import { ButcherError } from '../errors.ts'
import { chunkFolder } from '../format/layout.ts'
import { inspectFile, namesIn } from '../media/disc-files.ts'
import type { ChunkRow } from './plan-tables.ts'
import { hashOfStored } from './stored-file.ts'

/** Hashes of files that were read for another chunk: the parts of a large file all have the same size. */
const known = new Map<string, Buffer>()

/**
 * The file, other than `file`, with the chunk's size and hash. Files with the chunk's name are tried first.
 */
export async function chunkElsewhere(
  chunk: ChunkRow,
  file: string,
  discs: readonly string[],
  checkStop: () => void,
): Promise<string | undefined> {
  const found = discs.flatMap((disc) => filesIn(path.join(disc, chunkFolder)))
  const isNamedSo = (name: string): boolean => path.basename(name) === chunk.name
  const candidates = [...found.filter(isNamedSo), ...found.filter((name) => !isNamedSo(name))]
  for (const candidate of candidates) {
    checkStop()
    if (candidate !== file && (await isChunk(candidate, chunk, checkStop))) return candidate
  }
  return undefined
}

function filesIn(folder: string): string[] {
  try {
    return namesIn(folder).map((name) => path.join(folder, name))
  } catch {
    return []
  }
}

async function isChunk(file: string, chunk: ChunkRow, checkStop: () => void): Promise<boolean> {
  try {
    const look = inspectFile(file)
    if (look?.kind !== 'file' || look.sizeBytes !== chunk.bytes) return false
    const hash = known.get(file) ?? (await hashOfStored(file, checkStop))
    known.set(file, hash)
    return hash.equals(chunk.sha256)
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'aborted') throw error
    return false // an unreadable file is not the chunk
  }
}
