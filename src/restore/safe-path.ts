/** Keeps every write below the destination, whatever the catalog contains. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { pathForSystem } from '../format/path-text.ts'

/** The system's form of `path` below the absolute `destination`. */
export const below = (destination: string, path: string): string | Buffer =>
  pathForSystem(destination === '/' ? `/${path}` : `${destination}/${path}`)

/**
 * Checks that each part of a path below the destination is a folder, not a symlink. It caches results, so do
 * not keep it while symlinks may be made.
 */
export class FolderCheck {
  readonly #destination: string
  readonly #right = new Set<string>()

  constructor(destination: string) {
    this.#destination = destination
  }

  /** Whether the folder of `path`, a safe path, is inside the destination. */
  hasFolderOf(path: string): boolean {
    const slash = path.lastIndexOf('/')
    return slash < 0 || this.isFolder(path.slice(0, slash))
  }

  isFolder(folder: string): boolean {
    if (this.#right.has(folder)) return true
    if (!this.hasFolderOf(folder)) return false
    if (!isFolder(below(this.#destination, folder))) return false
    if (this.#right.size >= 2000) this.#right.clear()
    this.#right.add(folder)
    return true
  }
}

/** If the file system cannot hold a name, nothing has it. */
const noSuchName = new Set(['EILSEQ', 'EINVAL', 'ENAMETOOLONG'])

function isFolder(path: string | Buffer): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch (error) {
    if (!noSuchName.has(systemCode(error) ?? '')) throw error
    return false
  }
}
