import type Database from 'better-sqlite3'
import { entriesInFolder, entriesOfBackup, entryOfBackup, type EntryRow } from '../catalog/entry-rows.ts'
import { type ResolvedBackup, resolveBackup } from '../catalog/resolve-backup.ts'
import { ButcherError } from '../errors.ts'
import { type PathFilter, pathFilter, type PathFilterOptions } from '../files/path-filter.ts'
import { showPath } from '../format/path-text.ts'

export interface ListOptions extends PathFilterOptions {
  /** A backup's number, or a date; default the newest. */
  readonly at?: string
  /** Only what stands in this folder, or this one path; default everything. */
  readonly path?: string
  /** Whether hashes are looked up, for as long again; default true. */
  readonly hashes?: boolean
}

export interface Listing {
  readonly backup: ResolvedBackup
  readonly entries: Iterable<EntryRow>
}

/** The entries of one backup, in the order of their paths. Throws `usage` where the backup or the path is not there. */
export function list(db: Database.Database, options: ListOptions = {}): Listing {
  const backup = resolveBackup(db, options.at)
  const path = options.path === undefined ? undefined : relativePath(options.path)
  return { backup, entries: chosen(entriesAt(db, backup, path, options.hashes), options) }
}

function entriesAt(
  db: Database.Database,
  backup: ResolvedBackup,
  path: string | undefined,
  hashes: boolean | undefined,
): Iterable<EntryRow> {
  if (path === undefined) return entriesOfBackup(db, backup.number, hashes)
  if (path === '') return entriesInFolder(db, backup.number, '')
  const entry = entryOfBackup(db, backup.number, path)
  if (entry && entry.type !== 'dir') return [entry]
  const inside = entriesInFolder(db, backup.number, path)
  // With --include a backup may hold what is in a folder without the folder itself.
  if (entry) return inside
  const first = inside.next()
  if (!first.done) return following(first.value, inside)
  throw new ButcherError('usage', `there is no ${showPath(path)} in backup ${backup.number}`, {
    path,
    hint: 'butcher find tells which backups hold a path; paths are relative to the source',
  })
}

function* following(first: EntryRow, rest: Iterable<EntryRow>): Generator<EntryRow> {
  yield first
  yield* rest
}

function chosen(entries: Iterable<EntryRow>, options: PathFilterOptions): Iterable<EntryRow> {
  const { include = [], exclude = [], excludeFrom = [], filter } = options
  const isAll = filter === undefined && [include, exclude, excludeFrom].every(({ length }) => length === 0)
  return isAll ? entries : matching(entries, pathFilter(options))
}

function* matching(entries: Iterable<EntryRow>, taken: PathFilter): Generator<EntryRow> {
  for (const entry of entries) if (taken(entry.path, entry.type === 'dir')) yield entry
}

/** `./photos//2019/` → `photos/2019`. */
const relativePath = (path: string): string =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
