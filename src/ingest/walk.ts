/**
 * Walks a source directory and yields every entry in the order of the bytes of its path, which is the order in which
 * the catalog lists them: a folder's content (`a/x`) comes after a neighbour whose name goes on with a byte below the
 * slash (`a-b`). So the previous backup is merged beside the walk, and nothing is held but one folder a level.
 */

import fs from 'node:fs'
import type { EntryType } from '../format/manifest.ts'
import { comparePaths, isTextPath, joinPath, pathForSystem, pathFromBytes } from '../format/path-text.ts'
import { systemCode, systemText } from '../errors.ts'
import { ignoreFile, type IgnoreRules, isIgnored, readIgnoreRules } from './ignore-rules.ts'
import type { SourceEntry, SourceProblem } from './source-entry.ts'

export interface WalkOptions {
  /** Whether a file is taken. */
  readonly takeFile: (path: string) => boolean
  /** Whether a folder is entered and recorded. */
  readonly takeFolder: (path: string) => boolean
  /** Folders that are left out, by device and inode: the destination and the like, where they are inside the source. */
  readonly leaveOut: ReadonlySet<string>
  readonly onLeftOut: (path: string, key: string) => void
  readonly onProblem: (problem: SourceProblem) => void
}

/** What names a folder in `leaveOut`. */
export const folderKey = (stat: fs.BigIntStats): string => `${stat.dev}:${stat.ino}`

interface Child {
  /** The name, or the name with a slash: the place of the folder's content in the order. */
  readonly key: string
  readonly entry: SourceEntry | undefined
}

export function* walk(source: string, options: WalkOptions): Generator<SourceEntry> {
  yield* new Walk(source, options).folder('', undefined)
}

class Walk {
  readonly #source: string
  readonly #options: WalkOptions
  /** The first path of each inode that has several. */
  readonly #linked = new Map<string, string>()

  constructor(source: string, options: WalkOptions) {
    this.#source = source
    this.#options = options
  }

  *folder(folder: string, outer: IgnoreRules | undefined): Generator<SourceEntry> {
    const names = this.#names(folder)
    if (!names) return
    const rules = names.includes(ignoreFile) ? this.#rules(folder, outer) : outer
    const children: Child[] = []
    for (const name of names) {
      const entry = this.#entry(joinPath(folder, name), rules)
      if (!entry) continue
      children.push({ key: name, entry })
      if (entry.type === 'dir') children.push({ key: `${name}/`, entry: undefined })
    }
    children.sort((a, b) => comparePaths(a.key, b.key))
    for (const { key, entry } of children) {
      if (entry === undefined) yield* this.folder(joinPath(folder, key.slice(0, -1)), rules)
      else yield this.#asHardLink(entry)
    }
  }

  #names(folder: string): string[] | undefined {
    try {
      const names = fs.readdirSync(this.#absolute(folder), { encoding: 'buffer' })
      return names.map(pathFromBytes)
    } catch (error) {
      if (folder === '') throw error
      this.#options.onProblem({ path: folder, message: `cannot read this folder: ${systemText(error)}` })
      return undefined
    }
  }

  #rules(folder: string, outer: IgnoreRules | undefined): IgnoreRules | undefined {
    try {
      return readIgnoreRules(this.#source, folder, outer)
    } catch (error) {
      this.#options.onProblem({
        path: joinPath(folder, ignoreFile),
        message: `cannot read: ${systemText(error)}`,
      })
      return outer
    }
  }

  #entry(path: string, rules: IgnoreRules | undefined): (SourceEntry & { links?: string }) | undefined {
    let stat: fs.BigIntStats
    try {
      stat = fs.lstatSync(this.#absolute(path), { bigint: true })
    } catch (error) {
      const gone = systemCode(error) === 'ENOENT'
      this.#options.onProblem({
        path,
        message: gone ? 'vanished while the folder was read' : systemText(error),
      })
      return undefined
    }
    const type = entryType(stat)
    const isFolder = type === 'dir'
    if (isFolder ? !this.#options.takeFolder(path) : !this.#options.takeFile(path)) return undefined
    if (rules && isIgnored(rules, path, isFolder)) return undefined
    if (isFolder && this.#options.leaveOut.has(folderKey(stat))) {
      this.#options.onLeftOut(path, folderKey(stat))
      return undefined
    }
    const link = type === 'symlink' ? this.#linkTarget(path) : null
    if (link === undefined) return undefined
    return {
      ...statFields(stat, type),
      path,
      link,
      ...(stat.nlink > 1n && type === 'file' ? { links: folderKey(stat) } : {}),
    }
  }

  #linkTarget(path: string): string | undefined {
    try {
      return pathFromBytes(fs.readlinkSync(this.#absolute(path), { encoding: 'buffer' }))
    } catch (error) {
      this.#options.onProblem({ path, message: `cannot read this link: ${systemText(error)}` })
      return undefined
    }
  }

  #asHardLink(entry: SourceEntry & { links?: string }): SourceEntry {
    if (entry.links === undefined) return entry
    const { links, ...plain } = entry
    const first = this.#linked.get(links)
    if (first !== undefined) return { ...plain, type: 'hardlink', link: first }
    this.#linked.set(links, plain.path)
    return plain
  }

  #absolute(path: string): string | Buffer {
    return path === '' ? this.#source : pathForSystem(`${this.#source}/${path}`)
  }
}

function entryType(stat: fs.BigIntStats): EntryType {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'dir'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'chardev' : 'blockdev'
}

/** What of a stat the catalog keeps. */
export function statFields(stat: fs.BigIntStats, type: EntryType): Omit<SourceEntry, 'path' | 'link'> {
  return {
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: stat.mtimeNs,
    ctime: stat.ctimeNs,
    inode: stat.ino,
    size: type === 'file' ? Number(stat.size) : null,
    device: type === 'chardev' || type === 'blockdev' ? deviceNumbers(stat.rdev) : null,
  }
}

/** Linux's encoding of device numbers in 64 bits (makedev(3)). */
function deviceNumbers(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return `${major},${minor}`
}

/** Whether the merge with the catalog can rely on the order; what is not UTF-8 is looked up instead. */
export const isInOrder = (entry: { readonly path: string }): boolean => isTextPath(entry.path)
