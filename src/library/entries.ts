/** The verbs that return paths: `list`, `find`, `diff`. */

import type { EntryRow } from '../catalog/entry-rows.ts'
import type { ResolvedBackup } from '../catalog/resolve-backup.ts'
import { callback, checkFields, type Fields, flag, needed, optional, text } from '../options/check-fields.ts'
import { diff as compare } from '../commands/catalog/diff.ts'
import { find as findEntries, type FoundEntry } from '../commands/catalog/find.ts'
import { list as listEntries } from '../commands/catalog/list.ts'
import { basenameRanges } from '../set/basename-filter-file.ts'
import { pathFields } from '../options/shared-fields.ts'
import type { Change } from '../catalog/compare-backups.ts'
import { throwIfAborted } from '../errors.ts'
import type { PathFilterOptions } from '../files/path-filter.ts'
import { readFields, reading, type ReadOptions } from './open-for-reading.ts'

export interface ListOptions extends ReadOptions, PathFilterOptions {
  /** The number of a backup, or a date; by default the newest. */
  readonly at?: string
  /** Only the entries of this folder, or this one path; by default all. */
  readonly path?: string
  /** Gets each entry, in path order. */
  readonly onEntry?: (entry: EntryRow) => void | Promise<void>
}

export interface ListSummary {
  readonly backup: ResolvedBackup
  readonly entries: number
}

const listFields: Fields<ListOptions> = {
  ...readFields,
  ...pathFields,
  at: optional(text),
  path: optional(text),
  onEntry: optional(callback),
}

/**
 * The entries of one backup. Throws `usage` if there is no such backup or path, and the catalog errors of
 * `restore`.
 */
export async function list(options: ListOptions): Promise<ListSummary> {
  checkFields('list', listFields, options)
  return reading(options, async ({ db }) => {
    const { backup, entries } = listEntries(db, options)
    return { backup, entries: await handOver(entries, options.onEntry, options.signal) }
  })
}

export interface FindOptions extends ReadOptions {
  /** A glob. It matches the last name of a path, or the whole path if it has a slash. */
  readonly pattern: string
  readonly ignoreCase?: boolean
  /** Gets each version of each path. */
  readonly onFound?: (found: FoundEntry) => void | Promise<void>
}

const findFields: Fields<FindOptions> = {
  ...readFields,
  pattern: needed(text),
  ignoreCase: optional(flag),
  onFound: optional(callback),
}

/** Every version of the paths that match a pattern. */
export async function find(options: FindOptions): Promise<{ readonly found: number }> {
  checkFields('find', findFields, options)
  return reading(options, async ({ db, origin }) => {
    const rows = findEntries(db, options.pattern, {
      ignoreCase: options.ignoreCase === true,
      basenameRanges: (names) => basenameRanges(db, origin, names),
    })
    return { found: await handOver(rows, options.onFound, options.signal) }
  })
}

export interface DiffOptions extends ReadOptions {
  /** The number of a backup, or a date. `newer` defaults to the newest, `older` to the one before `newer`. */
  readonly older?: string
  readonly newer?: string
  readonly onChange?: (change: Change) => void | Promise<void>
}

export interface DiffSummary {
  readonly older: ResolvedBackup
  readonly newer: ResolvedBackup
  readonly changes: number
}

const diffFields: Fields<DiffOptions> = {
  ...readFields,
  older: optional(text),
  newer: optional(text),
  onChange: optional(callback),
}

/** The changes between two backups, in path order. */
export async function diff(options: DiffOptions): Promise<DiffSummary> {
  checkFields('diff', diffFields, options)
  return reading(options, async ({ db }) => {
    const { from, to, changes } = compare(db, options.older, options.newer)
    return { older: from, newer: to, changes: await handOver(changes, options.onChange, options.signal) }
  })
}

async function handOver<Row>(
  rows: Iterable<Row>,
  hear: ((row: Row) => void | Promise<void>) | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0
  for (const row of rows) {
    throwIfAborted(signal)
    count++
    await hear?.(row)
  }
  return count
}
