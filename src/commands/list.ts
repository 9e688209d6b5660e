import type Database from 'better-sqlite3'
import { entriesInFolder, entriesOfBackup, entryOfBackup, type EntryRow } from '../catalog/entry-rows.ts'
import { type ResolvedBackup, resolveBackup } from '../catalog/resolve-backup.ts'
import { ButcherError } from '../errors.ts'
import { pathFilter, type PathFilterOptions } from '../files/path-filter.ts'
import { showPath } from '../format/path-text.ts'

export interface ListOptions extends PathFilterOptions {
  /** A backup's number, or a date; default the newest. */
  readonly at?: string
  /** Only what stands in this folder, or this one path; default everything. */
  readonly path?: string
}

export interface Listing {
  readonly backup: ResolvedBackup
  readonly entries: Iterable<EntryRow>
}

/** The entries of one backup, in the order of their paths. Throws `usage` where the backup or the path is not there. */
export function list(db: Database.Database, options: ListOptions = {}): Listing {
  const backup = resolveBackup(db, options.at)
  const path = options.path === undefined ? undefined : relativePath(options.path)
  return { backup, entries: chosen(entriesAt(db, backup.number, path), options) }
}

function entriesAt(db: Database.Database, backup: number, path: string | undefined): Iterable<EntryRow> {
  if (path === undefined) return entriesOfBackup(db, backup)
  if (path === '') return entriesInFolder(db, backup, '')
  const entry = entryOfBackup(db, backup, path)
  if (!entry) {
    throw new ButcherError('usage', `there is no ${showPath(path)} in backup ${backup}`, {
      path,
      hint: `butcher find tells which backups hold a path; paths are relative to the source`,
    })
  }
  return entry.type === 'dir' ? entriesInFolder(db, backup, path) : [entry]
}

function* chosen(entries: Iterable<EntryRow>, options: PathFilterOptions): Generator<EntryRow> {
  const taken = pathFilter(options)
  for (const entry of entries) if (taken(entry.path, entry.type === 'dir')) yield entry
}

/** `./photos//2019/` → `photos/2019`. */
const relativePath = (path: string): string =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
