/**
 * A set as a tree of files, for the thread that talks to the kernel: `latest/`, `by-number/N/`,
 * `by-date/DATE/`. Names and attributes come from the catalog at once. Contents are read by another thread.
 */

import { constants } from 'node:os'
import { joinPath, pathForCatalog, pathFromBytes, pathToBytes } from '../format/path-text.ts'
import { type Attributes, type DirectoryEntry, type Failure, type FuseTree, type Node } from '../fuse/tree.ts'
import { AttributeRows } from './attribute-rows.ts'
import { AttributeWish } from './attribute-wish.ts'
import { type HardLinks, readHardLinks } from '../catalog/hard-link-counts.ts'
import { attributesOf, typeBits } from './node-attributes.ts'
import { OpenFiles, type OpenFilesOptions } from './open-files.ts'
import { type Listing, Listings } from './listings.ts'
import { inodeOf, inodesIn, type Item, Nodes } from './nodes.ts'
import { type NamedRow, type TreeRow, TreeRows } from '../catalog/tree-rows.ts'
import { type DateName, type TopFolders, topFolders, type View } from './views.ts'

const { ENOENT, ENOTDIR, EISDIR, EINVAL, ENODATA } = constants.errno

const rootNode = 1
const numbersNode = 2
const datesNode = 3
const firstFreeNode = 16
const folderType = 0o040000

interface TreeOptions extends OpenFilesOptions {
  readonly newest: number
  readonly dates: readonly DateName[]
}

export class SetTree implements FuseTree {
  readonly #rows: TreeRows
  readonly #links: HardLinks
  readonly #attributes: AttributeRows
  readonly #files: OpenFiles
  readonly #top: TopFolders
  readonly #nodes = new Nodes(firstFreeNode)
  readonly #listings = new Listings((item) => this.#dropListed(item))
  readonly #wish = new AttributeWish()
  /** The rows of the newest listings, and of the last lookups: the kernel asks for their attributes next. */
  readonly #known = new Map<Node, TreeRow>()
  readonly #options: TreeOptions

  constructor(options: TreeOptions) {
    const { db, newest, dates } = options
    this.#options = options
    this.#rows = new TreeRows(db)
    this.#links = readHardLinks(db)
    this.#attributes = new AttributeRows(db)
    this.#files = new OpenFiles(options)
    this.#top = topFolders(db, newest, dates)
  }

  readonly lookup = (parent: Node, name: Buffer): Node | Failure => {
    const text = pathFromBytes(name)
    if (parent === rootNode) {
      if (text === 'latest') return this.#rootOf(this.#top.latest).node
      return text === 'by-number' ? numbersNode : text === 'by-date' ? datesNode : -ENOENT
    }
    const views = this.#viewsIn(parent)
    if (views) {
      const view = views.get(text)
      return view === undefined ? -ENOENT : this.#rootOf(view).node
    }
    const folder = this.#nodes.get(parent)
    if (folder === undefined) return -ENOENT
    const row = this.#rows.find(folder.view.backup, joinPath(folder.path, text))
    if (row === undefined) return -ENOENT
    const item = this.#itemOf(folder.view, row)
    if (!item.isFolder) this.#wish.lookedUp(parent)
    return item.node
  }

  readonly attributes = (node: Node): Attributes | Failure => {
    const item = this.#nodes.get(node)
    if (item === undefined) return node < firstFreeNode ? this.#topAttributes(node) : -ENOENT
    const { view, path } = item
    if (path === '') return this.#attributes.ofRoot(view.backup, item.inode) ?? this.#topAttributes(node)
    const row = this.#rowOf(item)
    if (row === undefined) return -ENOENT
    const others = row.type === 'dir' ? 0 : this.#links.count(view.backup, pathForCatalog(path))
    const owner = this.#attributes.owner(row.owner)
    return attributesOf(row, { inode: item.inode, links: 1 + others, ...owner })
  }

  readonly readdir = (node: Node, offset: number): readonly DirectoryEntry[] | Failure => {
    let listing = offset === 0 ? undefined : this.#listings.get(node)
    if (listing === undefined) {
      const made = this.#list(node)
      if (typeof made === 'number') return made
      this.#listings.add(node, (listing = made))
    } else if (offset >= listing.entries.length) {
      this.#listings.drop(node)
    }
    return listing.entries
  }

  readonly readlink = (node: Node): Uint8Array | Failure => {
    const row = this.#rowAt(node)
    if (row?.type !== 'symlink' || row.link === null) return -EINVAL
    return pathToBytes(row.link)
  }

  readonly open = (node: Node): number | Failure => {
    const item = this.#nodes.get(node)
    const row = item && item.path !== '' ? this.#rowOf(item) : undefined
    if (item === undefined || row === undefined) return node < firstFreeNode || item ? -EISDIR : -ENOENT
    if (row.type !== 'file' && row.type !== 'hardlink') return row.type === 'dir' ? -EISDIR : -EINVAL
    return this.#files.open(row, item.view.backup)
  }

  readonly release = (_: Node, handle: number): void => this.#files.close(handle)

  readonly read: FuseTree['read'] = (_, handle, offset, bytes, __, pending) =>
    this.#files.read(handle, offset, bytes, pending)

  readonly listxattr = (node: Node): Uint8Array | Failure => {
    const names = [...this.#extended(node).keys()].map((name) => pathToBytes(`${name}\0`))
    return Buffer.concat(names)
  }

  readonly getxattr = (node: Node, name: Buffer): Uint8Array | Failure =>
    this.#extended(node).get(pathFromBytes(name)) ?? -ENODATA

  readonly keep = (node: Node): void => {
    const item = this.#nodes.get(node)
    if (item === undefined) return
    item.kept++
    // The kernel keeps the attributes.
    if (item.listed === 0) this.#known.delete(node)
  }

  readonly forget = (node: Node, times: number): void => {
    const item = this.#nodes.get(node)
    if (item === undefined) return
    item.kept -= Math.min(times, item.kept)
    this.#release(item)
  }

  readonly statfs = () => this.#attributes.totals(this.#top.latest.backup)

  readonly close = (): void => {
    this.#links.close()
    this.#options.db.close()
  }

  #viewsIn(node: Node): ReadonlyMap<string, View> | undefined {
    return node === numbersNode ? this.#top.byNumber : node === datesNode ? this.#top.byDate : undefined
  }

  #list(node: Node): Listing | Failure {
    if (node === rootNode) {
      const latest = this.#rootOf(this.#top.latest)
      const named = [['latest', latest.node], ['by-number', numbersNode], ['by-date', datesNode]] as const // prettier-ignore
      const entries = named.map(([name, inner]) => ({ name, node: inner, mode: folderType }))
      return { entries, items: [latest] }
    }
    const views = this.#viewsIn(node)
    if (views) {
      const named = [...views].map(([name, view]) => ({ name, item: this.#rootOf(view) }))
      const items = named.map(({ item }) => item)
      return { entries: named.map(({ name, item }) => entryOf(name, item, folderType)), items }
    }
    const folder = this.#nodes.get(node)
    if (folder === undefined) return -ENOENT
    if (!folder.isFolder) return -ENOTDIR
    return this.#wish.isFor(node) ? this.#listWithAttributes(folder) : this.#listNames(folder)
  }

  #listWithAttributes({ view, path }: Item): Listing {
    const skip = skipOf(path)
    const items: Item[] = []
    const entries = this.#rows.children(view.backup, path).map((row) => {
      const item = this.#itemOf(view, row)
      items.push(item)
      return entryOf(row.path.slice(skip), item, typeBits(this.#known.get(item.node)?.type ?? row.type))
    })
    return { entries, items }
  }

  /** Only folders get their attributes: whoever reads names goes into them next. */
  #listNames({ view, path }: Item): Listing {
    const skip = skipOf(path)
    const inodes = inodesIn(view, path)
    const items: Item[] = []
    const entries: DirectoryEntry[] = []
    this.#rows.names(view.backup, path, (row) => {
      const name = row.path.slice(skip)
      const mode = typeBits(row.type)
      if (mode === folderType) {
        const item = this.#nodes.of(view, row.path, true)
        items.push(item)
        entries.push(entryOf(name, item, mode))
        return
      }
      const target = this.#linked(view, row)
      entries.push(
        target === undefined
          ? { name, node: undefined, mode, inode: inodes.of(name) }
          : { name, node: undefined, mode: typeBits(target.type), inode: inodeOf(view, target.path) },
      )
    })
    return { entries, items }
  }

  #rootOf(view: View): Item {
    return this.#nodes.of(view, '', true)
  }

  /** The file that a hard link is another name of. */
  #linked(view: View, { type, link }: NamedRow): TreeRow | undefined {
    if (type !== 'hardlink' || link === null) return undefined
    const target = this.#rows.find(view.backup, link)
    const isFile = target !== undefined && target.type !== 'hardlink' && typeBits(target.type) !== folderType
    return isFile ? target : undefined
  }

  /** The item of a row; of a hard link, that of the file that it is another name of. */
  #itemOf(view: View, row: TreeRow): Item {
    const own = this.#linked(view, row) ?? row
    const item = this.#nodes.of(view, own.path, typeBits(own.type) === folderType)
    this.#known.set(item.node, own)
    return item
  }

  #rowAt(node: Node): TreeRow | undefined {
    const item = this.#nodes.get(node)
    return item && this.#rowOf(item)
  }

  #rowOf(item: Item): TreeRow | undefined {
    return this.#known.get(item.node) ?? this.#rows.find(item.view.backup, item.path)
  }

  #extended(node: Node): ReadonlyMap<string, Buffer> {
    const item = this.#nodes.get(node)
    if (item === undefined) return none
    if (item.path === '') return this.#attributes.extendedOfRoot(item.view.backup)
    const number = this.#rowOf(item)?.attributes ?? null
    return number === null ? none : this.#attributes.extended(number)
  }

  #dropListed(item: Item): void {
    if (item.listed === 0) this.#known.delete(item.node)
    this.#release(item)
  }

  #release(item: Item): void {
    if (item.kept === 0) this.#known.delete(item.node)
    this.#nodes.release(item)
  }

  #topAttributes(node: Node): Attributes {
    return {
      inode: node,
      mode: folderType | 0o555,
      bytes: 0,
      owner: process.getuid?.() ?? 0,
      group: process.getgid?.() ?? 0,
      modified: { seconds: this.#top.seconds, nanoseconds: 0 },
    }
  }
}

const none: ReadonlyMap<string, Buffer> = new Map()

const skipOf = (path: string): number => (path === '' ? 0 : path.length + 1)

const entryOf = (name: string, { node, inode }: Item, mode: number): DirectoryEntry => ({
  name,
  node,
  mode,
  inode,
})
