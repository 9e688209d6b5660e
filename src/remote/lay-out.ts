/** Lays out the files of a set in a store as a folder: stubs, and the few files that are read at once. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { putStub } from '../media/away-files.ts'
import type { StoredFile } from '../store/store.ts'
import { isCatalog, nextCatalogs } from './listing.ts'
import type { SmallFileCache } from './small-file-cache.ts'

/** The SHA256SUMS of 400,000 files. A store may list anything: a larger file is none of a set. */
const mostSmallBytes = 64 << 20

export interface LayOutOptions {
  readonly folder: string
  /** For stubs that have no name yet. */
  readonly newFolder: string
  readonly cache: Pick<SmallFileCache, 'bring'>
  /** Whether a file, besides the newest catalog, comes at once. */
  readonly isWanted: (path: string) => boolean
  /** Whether the file in the folder stays as it is. */
  readonly stays?: (file: StoredFile, place: string) => boolean
}

/** Throws errors of the store, `io`, `no-space`. */
export async function layOut(files: readonly StoredFile[], options: LayOutOptions): Promise<void> {
  const { folder, newFolder, cache, isWanted, stays = () => false } = options
  const ofStop = nextCatalogs(files.map((file) => file.path))
  const [next] = ofStop
  const isOfStop = new Set(ofStop.map((one) => one.path))
  const plain = files.filter((file) => !isOfStop.has(file.path) && file.path !== next?.name)
  const atTop = files.filter(
    (file) => file.path === (next?.path ?? file.path) && isTop(next?.name ?? file.path),
  )
  const hasTop = atTop.some((file) => isCatalog(file.path))
  for (const file of plain) {
    const place = path.join(folder, file.path)
    if (stays(file, place)) continue
    putStubAt(place, newFolder, file.bytes)
    const isNewest = isCatalog(file.path) && (!hasTop || isTop(file.path))
    if (isNewest || (file.bytes <= mostSmallBytes && isWanted(file.path))) await cache.bring(file, place)
  }
  const nextFile = next && files.find((file) => file.path === next.path)
  if (next && nextFile) {
    const place = path.join(folder, next.name)
    if (stays({ ...nextFile, path: next.name }, place)) return
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    await cache.bring(nextFile, place)
  }
}

const isTop = (name: string): boolean => !name.includes('/')

function putStubAt(place: string, newFolder: string, bytes: number): void {
  try {
    fs.mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 })
    putStub(path.join(newFolder, 'stub'), place, bytes)
  } catch (error) {
    throw asButcherError(error, 'cannot write', showPath(place))
  }
}
