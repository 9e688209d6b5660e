/** Which entries of a backup go into a zip file, under which names, and in which order. */

import type Database from 'better-sqlite3'
import { type TreeRow, TreeRows } from '../../catalog/tree-rows.ts'
import { ButcherError } from '../../errors.ts'
import { pathToBytes, showPath } from '../../format/path-text.ts'
import { ContentLookup, type PiecedContent } from '../../mount/content-facts-of.ts'
import type { ContentFacts } from '../../stretches/content-facts.ts'
import type { ZipEntry } from './zip-records.ts'

export interface PlannedEntry extends ZipEntry {
  readonly path: string
  /** The bytes of a link, or the place of those of a file. */
  readonly content: Buffer | ContentFacts | PiecedContent
}

export interface ZipPlan {
  /** Folders and links first, then files in the order of the chunks that hold them. */
  readonly entries: readonly PlannedEntry[]
  readonly files: number
  readonly directories: number
  readonly bytes: number
  /** Devices, sockets and pipes, which a zip file cannot hold. */
  readonly skipped: number
}

/** All of them are in memory until the end of the file. */
const mostEntries = 500_000
/** Fields of 16 bits hold the lengths of names. */
const mostNameBytes = 0xffff

/** `paths`: none for all. Throws `no-match` for an unknown one, and `usage` for too many entries. */
export function planZip(db: Database.Database, backup: number, paths: readonly string[]): ZipPlan {
  const rows = new TreeRows(db)
  const contents = new ContentLookup(db)
  const first: PlannedEntry[] = []
  const files: PlannedEntry[] = []
  const names = new Set<string>()
  let skipped = 0
  const prefix = commonFolder(paths)

  const add = (row: TreeRow): void => {
    if (first.length + files.length >= mostEntries)
      throw new ButcherError('usage', `there are more than ${mostEntries} files`, {
        hint: 'take some of the folders, or restore',
      })
    const isFolder = row.type === 'dir' || row.type === 'folder-without-row'
    const shared = row.type === 'hardlink' && row.link !== null ? rows.find(backup, row.link) : row
    const name = uniqueName(nameOf(row.path.slice(prefix.length), isFolder), names)
    if (name.length > mostNameBytes) throw new ButcherError('usage', `too long: ${showPath(row.path)}`)
    const facts = { path: row.path, name, mode: row.mode, mtime: row.seconds }
    if (isFolder) {
      first.push({ ...facts, kind: 'dir', sizeBytes: 0, content: Buffer.alloc(0) })
      for (const child of rows.children(backup, row.path)) add(child)
    } else if (row.type === 'symlink' && row.link !== null) {
      const content = pathToBytes(row.link)
      first.push({ ...facts, kind: 'symlink', sizeBytes: content.length, content })
    } else if (shared?.type === 'file') {
      const content =
        shared.content === null ? undefined : contents.find(shared.content, shared.member ?? shared.path)
      if (content === undefined)
        throw new ButcherError('damaged', `the catalog lacks the content of ${showPath(row.path)}`)
      files.push({ ...facts, kind: 'file', sizeBytes: sizeOf(content), content })
    } else skipped++
  }

  if (paths.length === 0) for (const child of rows.children(backup, '')) add(child)
  for (const path of paths) {
    const row = rows.find(backup, path)
    if (row === undefined)
      throw new ButcherError('no-match', `there is no ${showPath(path)} in backup ${backup}`)
    add(row)
  }
  const placed = files.map((file) => ({ file, chunk: chunkOf(file) })).toSorted((a, b) => a.chunk - b.chunk)
  return {
    entries: [...first, ...placed.map(({ file }) => file)],
    files: files.length,
    directories: first.filter(({ kind }) => kind === 'dir').length,
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    skipped,
  }
}

const sizeOf = (content: ContentFacts | PiecedContent): number =>
  'inPieces' in content ? content.inPieces.size : content.sizeBytes

function chunkOf({ content }: PlannedEntry): number {
  return 'pieces' in content ? (content.pieces[0]?.chunk.number ?? 0) : 0
}

/** The folder, with a slash, that holds all paths; so a folder that is chosen alone keeps its name. */
function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1))
  let [common = ''] = folders
  while (!folders.every((folder) => folder.startsWith(common)))
    common = common.slice(0, common.lastIndexOf('/', common.length - 2) + 1)
  return common
}

/** Windows takes a backslash for a slash, and then `..\` leads upwards. A zip file has names in UTF-8. */
function nameOf(path: string, isFolder: boolean): string {
  const name = path.toWellFormed().replaceAll('\\', '_')
  return isFolder ? `${name}/` : name
}

function uniqueName(name: string, taken: Set<string>): Buffer {
  let free = name
  for (let i = 2; taken.has(free); i++)
    free = name.endsWith('/') ? `${name.slice(0, -1)} (${i})/` : `${name} (${i})`
  taken.add(free)
  return Buffer.from(free)
}
