/** A chunk whose file is not as it was stored may be there under another name, or on another copy of its disc. */

import fs from 'node:fs'
import path from 'node:path'
import { chunkFolder } from '../format/layout.ts'
import { hashOf } from './place.ts'
import type { ChunkRow } from './plan-tables.ts'

/** Hashes of files that were looked at for another chunk: parts of a large file are all of one size. */
const known = new Map<string, Buffer>()

/** The file, other than `file`, that is the chunk by its size and hash. Of the same name first. */
export function chunkElsewhere(
  chunk: ChunkRow,
  file: string,
  discs: readonly string[],
  checkStop: () => void,
): string | undefined {
  const found = discs.flatMap((disc) => filesIn(path.join(disc, chunkFolder)))
  const isNamedSo = (name: string): boolean => path.basename(name) === chunk.name
  const candidates = [...found.filter(isNamedSo), ...found.filter((name) => !isNamedSo(name))]
  return candidates.find((candidate) => {
    checkStop()
    return candidate !== file && isChunk(candidate, chunk)
  })
}

function filesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).map((name) => path.join(folder, name))
  } catch {
    return []
  }
}

function isChunk(file: string, chunk: ChunkRow): boolean {
  try {
    const stat = fs.statSync(file)
    if (!stat.isFile() || stat.size !== chunk.bytes) return false
    const hash = known.get(file) ?? hashOf(fs.realpathSync(file), 'sha256')
    known.set(file, hash)
    return hash.equals(chunk.sha256)
  } catch {
    return false // what cannot be read is not it
  }
}
