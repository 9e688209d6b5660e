/**
 * Walks a source directory and yields every entry, ordered by the bytes of its path. The catalog has the same
 * order: a folder's content (`a/x`) comes after a neighbour like `a-b`, whose next byte is below the slash.
 * So the walk is merged with the previous backup, and holds only one folder per level in memory.
 */

import { deviceNumbers } from '../format/device-numbers.ts'
import { keptTime } from '../format/kept-time.ts'
import { showMilliseconds } from '../format/time-text.ts'
import fs from 'node:fs'
import { linkedNodes } from '../format/entry-kind.ts'
import type { EntryType } from '../format/manifest.ts'
import { comparePaths, joinPath, pathForSystem, pathFromBytes } from '../format/path-text.ts'
import { fileInSource, type NamedSource, type SourceTree } from '../format/source-tree.ts'
import { systemCode, systemText } from '../errors.ts'
import { ignoreFile, type IgnoreRules, isIgnored, readIgnoreRules } from './ignore-rules.ts'
import type { SourceEntry, SourceProblem } from './source-entry.ts'

export interface WalkOptions {
  /** Whether a file is included. */
  readonly takeFile: (path: string) => boolean
  /** Whether a folder is entered and recorded. */
  readonly takeFolder: (path: string) => boolean
  /** Folders to leave out, by device and inode: the destination, for example, if it is inside the source. */
  readonly leaveOut: ReadonlySet<string>
  /** Whether folders of other file systems are recorded but not entered. */
  readonly oneFileSystem?: boolean
  readonly onLeftOut: (path: string, key: string) => void
  readonly onProblem: (problem: SourceProblem) => void
}

/** The identity of a folder, as in `leaveOut`. */
export const folderKey = (stat: fs.BigIntStats): string => `${stat.dev}:${stat.ino}`

interface Found {
  readonly entry: SourceEntry
  /** The inode's identity, if the inode has several names. */
  readonly links?: string
  /** The folder's identity, if it is to be entered. */
  readonly enter?: string
}

interface Child {
  /** The name, with a slash for the folder's content, which has its own place in the order. */
  readonly key: string
  readonly found: Found
}

/** Throws the system's errors if a source itself cannot be read. */
export function* walk(source: SourceTree, options: WalkOptions): Generator<SourceEntry> {
  if (typeof source !== 'string') return yield* walkNamed(source, options)
  const root = fs.statSync(pathForSystem(source), { bigint: true })
  yield* new Walk(source, '', root.dev, options).folder('', folderKey(root), undefined)
}

/** The sources are ordered like the folders of a source. */
function* walkNamed(source: readonly NamedSource[], options: WalkOptions): Generator<SourceEntry> {
  const linked = new Map<string, string>()
  const parts = source.flatMap(({ name }) => {
    const root = fs.statSync(fileInSource(source, name), { bigint: true })
    return new Walk(source, name, root.dev, options, linked).parts()
  })
  parts.sort((a, b) => comparePaths(a.key, b.key))
  for (const { entries } of parts) yield* entries
}

class Walk {
  readonly #source: SourceTree
  /** The name of the source that is walked, which its paths begin with. */
  readonly #top: string
  readonly #device: bigint
  readonly #options: WalkOptions
  /** The first path of each inode with several names. */
  readonly #linked: Map<string, string>

  constructor(
    source: SourceTree,
    top: string,
    device: bigint,
    options: WalkOptions,
    linked = new Map<string, string>(),
  ) {
    this.#linked = linked
    this.#source = source
    this.#top = top
    this.#device = device
    this.#options = options
  }

  /** The source itself, and what is in it, by their places in the order. */
  parts(): { readonly key: string; readonly entries: Iterable<SourceEntry> }[] {
    const found = this.#look(this.#top, undefined)
    if (!found) return []
    const self = { key: this.#top, entries: this.#one(found) }
    return found.enter === undefined
      ? [self]
      : [self, { key: `${this.#top}/`, entries: this.folder(this.#top, found.enter, undefined) }]
  }

  /** Which name of a file is its first shows only in the order. */
  *#one(found: Found): Generator<SourceEntry> {
    yield this.#asHardLink(found)
  }

  *folder(folder: string, key: string, outer: IgnoreRules | undefined): Generator<SourceEntry> {
    const names = this.#names(folder, key)
    if (!names) return
    const rules = names.includes(ignoreFile) ? this.#rules(folder, outer) : outer
    const children: Child[] = []
    for (const name of names) {
      const found = this.#look(joinPath(folder, name), rules)
      if (!found) continue
      children.push({ key: name, found })
      if (found.enter !== undefined) children.push({ key: `${name}/`, found })
    }
    children.sort((a, b) => comparePaths(a.key, b.key))
    for (const { key: place, found } of children) {
      if (found.enter !== undefined && place.endsWith('/'))
        yield* this.folder(found.entry.path, found.enter, rules)
      else yield this.#asHardLink(found)
    }
  }

  #names(folder: string, key: string): string[] | undefined {
    try {
      const absolute = this.#absolute(folder)
      const names = namesIn(absolute)
      // If a symlink replaced the folder, the system followed it: the names are not from the source.
      const now = fs.lstatSync(absolute, { bigint: true })
      if (folder !== this.#top && (!now.isDirectory() || folderKey(now) !== key)) {
        this.#options.onProblem({ path: folder, message: 'was replaced while it was read', isUnread: true })
        return undefined
      }
      return names
    } catch (error) {
      if (folder === this.#top) throw error
      const gone = systemCode(error) === 'ENOENT'
      const message = gone ? 'vanished before it was read' : `cannot read this folder: ${systemText(error)}`
      this.#options.onProblem({ path: folder, message, isUnread: !gone })
      return undefined
    }
  }

  #rules(folder: string, outer: IgnoreRules | undefined): IgnoreRules | undefined {
    try {
      return readIgnoreRules(this.#absolute(joinPath(folder, ignoreFile)), folder, outer)
    } catch (error) {
      this.#options.onProblem({
        path: joinPath(folder, ignoreFile),
        message: `cannot read it, so its rules exclude nothing: ${systemText(error)}`,
      })
      return outer
    }
  }

  #look(path: string, rules: IgnoreRules | undefined): Found | undefined {
    let stat: fs.BigIntStats
    try {
      stat = fs.lstatSync(this.#absolute(path), { bigint: true })
    } catch (error) {
      const gone = systemCode(error) === 'ENOENT'
      this.#options.onProblem({
        path,
        message: gone ? 'vanished while the folder was read' : `cannot look at it: ${systemText(error)}`,
        isUnread: !gone,
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
    if (keptTime(stat.mtimeNs) !== stat.mtimeNs) {
      const kept = showMilliseconds(Number(keptTime(stat.mtimeNs) / 1_000_000n))
      this.#options.onProblem({ path, message: `has a time that cannot be kept; it is stored as of ${kept}` })
    }
    const entry = { ...statFields(stat, type), path, link }
    if (isFolder) return this.#isOtherFileSystem(stat) ? { entry } : { entry, enter: folderKey(stat) }
    const mayBeLinked = type === 'file' || linkedNodes.has(type)
    return stat.nlink > 1n && mayBeLinked ? { entry, links: folderKey(stat) } : { entry }
  }

  #isOtherFileSystem({ dev }: fs.BigIntStats): boolean {
    return this.#options.oneFileSystem === true && dev !== this.#device
  }

  #linkTarget(path: string): string | undefined {
    try {
      return pathFromBytes(fs.readlinkSync(this.#absolute(path), { encoding: 'buffer' }))
    } catch (error) {
      const gone = systemCode(error) === 'ENOENT'
      const replaced = systemCode(error) === 'EINVAL'
      const message = gone
        ? 'vanished while the folder was read'
        : replaced
          ? 'is no longer a symbolic link'
          : `cannot read this link: ${systemText(error)}`
      this.#options.onProblem({ path, message, isUnread: !gone })
      return undefined
    }
  }

  #asHardLink({ entry, links }: Found): SourceEntry {
    if (links === undefined) return entry
    const first = this.#linked.get(links)
    if (first !== undefined) return { ...entry, type: 'hardlink', link: first, device: null }
    this.#linked.set(links, entry.path)
    return entry
  }

  #absolute(path: string): string | Buffer {
    if (path === '' && typeof this.#source === 'string') return pathForSystem(this.#source)
    return fileInSource(this.#source, path)
  }
}

/** Listing names as text is twice as fast as buffers. A byte that is not UTF-8 becomes U+FFFD. */
function namesIn(folder: string | Buffer): string[] {
  const names = fs.readdirSync(folder, { encoding: 'utf8' })
  if (!names.some((name) => name.includes('\ufffd'))) return names
  return fs.readdirSync(folder, { encoding: 'buffer' }).map(pathFromBytes)
}

function entryType(stat: fs.BigIntStats): EntryType {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'dir'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'chardev' : 'blockdev'
}

/** The fields of a stat that the catalog keeps. */
function statFields(stat: fs.BigIntStats, type: EntryType): Omit<SourceEntry, 'path' | 'link'> {
  return {
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: keptTime(stat.mtimeNs),
    ctime: keptTime(stat.ctimeNs),
    inode: stat.ino,
    size: type === 'file' ? Number(stat.size) : null,
    allocated: type === 'file' ? Number(stat.blocks) * 512 : null,
    device: type === 'chardev' || type === 'blockdev' ? deviceNumbers(stat.rdev) : null,
  }
}
