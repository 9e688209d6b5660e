import type Database from 'better-sqlite3'
import { entriesInFolder, entriesOfBackup, entryOfBackup, type EntryRow } from '../../catalog/entry-rows.ts'
import { type ResolvedBackup, resolveBackup } from '../../catalog/resolve-backup.ts'
import { ButcherError } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import type { PathFilter, PathFilterOptions } from '../../files/path-filter.ts'
import { userPath } from '../../files/user-pattern.ts'
import { showPath } from '../../format/path-text.ts'
import { catalogPlace, checkPatterns, choosePaths } from '../../set/choose-paths.ts'

export interface ListOptions extends PathFilterOptions {
  /** The number of a backup, or a date; by default the newest. */
  readonly at?: string
  /** Only the entries of this folder, or this one path; by default all. */
  readonly path?: string
  /** Whether hashes are looked up, which doubles the time; default true. */
  readonly hashes?: boolean
  /** Gets warnings about patterns without a match. */
  readonly report?: Report
}

export interface Listing {
  readonly backup: ResolvedBackup
  readonly entries: Iterable<EntryRow>
}

/**
 * The entries of one backup, in path order. Throws `usage` for an unknown backup, and `no-match` for an
 * unknown path. After the last entry, it throws `no-match` if no pattern matched.
 */
export function list(db: Database.Database, options: ListOptions = {}): Listing {
  const backup = resolveBackup(db, options.at)
  const path =
    options.path === undefined ? undefined : userPath(options.path, catalogPlace(db, backup.number))
  checkPatterns(options)
  const { isWhole, takes, tell } = choosePaths(db, backup.number, options)
  const entries = entriesAt(db, backup, path, options.hashes)
  return {
    backup,
    entries: isWhole ? entries : matching(entries, takes, () => tell(options.report ?? silent)),
  }
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
  // With --include, a backup may have the content of a folder without the folder itself.
  if (entry) return inside
  const first = inside.next()
  if (!first.done) return following(first.value, inside)
  throw new ButcherError('no-match', `there is no ${showPath(path)} in backup ${backup.number}`, {
    path,
    hint: 'butcher find tells which backups hold a path; paths are relative to the source',
  })
}

function* following(first: EntryRow, rest: Iterable<EntryRow>): Generator<EntryRow> {
  yield first
  yield* rest
}

function* matching(entries: Iterable<EntryRow>, takes: PathFilter, atEnd: () => void): Generator<EntryRow> {
  for (const entry of entries) if (takes(entry.path, entry.type === 'dir')) yield entry
  atEnd()
}
