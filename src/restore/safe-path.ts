/** Keeping every write below the destination, whatever a catalog says. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { pathForSystem } from '../format/path-text.ts'

/** No system opens a longer one (PATH_MAX of Linux, with its final zero); nor has it more folders than fit. */
const maxPathBytes = 4096

/** Whether `path` is relative and names no folder above, and is no longer than a path can be: what a source path always is. */
export function isSafePath(path: string): boolean {
  if (path === '' || isTooLong(path) || path.includes('\0')) return false
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
}

export const isTooLong = (path: string): boolean => path.length >= maxPathBytes

/** The system's path of `path` below `destination`, which is absolute. */
export const below = (destination: string, path: string): string | Buffer =>
  pathForSystem(destination === '/' ? `/${path}` : `${destination}/${path}`)

/**
 * Checks folders below the destination: each part of a path to them has to be a folder itself, no symlink to one. It
 * remembers some that it found right, so it must not outlive a time when symlinks may be made.
 */
export class FolderCheck {
  readonly #destination: string
  readonly #right = new Set<string>()

  constructor(destination: string) {
    this.#destination = destination
  }

  /** Whether `path`, a safe one, can be made in its folder without leaving the destination. */
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

/** Where the file system cannot hold a name, nothing has it. */
const noSuchName = new Set(['EILSEQ', 'EINVAL', 'ENAMETOOLONG'])

function isFolder(path: string | Buffer): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch (error) {
    if (!noSuchName.has(systemCode(error) ?? '')) throw error
    return false
  }
}
