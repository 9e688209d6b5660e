/** Every version of every path, as a list for people. */

import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'
import { visibleBackupRows } from './set-rows.ts'
import { visibleRange } from './visible-range.ts'

export interface IndexRow {
  readonly path: string
  readonly type: string
  readonly size: number | null
  /** Seconds since 1970. */
  readonly modified: number
  /** From backup `first` to `last`, or to the newest. */
  readonly first: number
  readonly last: number | null
  /** The discs with its content, in order; also for a hard link. */
  readonly discs: readonly number[]
  /** The target of a symlink. */
  readonly link: string | null
}

/** In the byte order of the paths, with those that are not UTF-8 last; versions of a path oldest first. */
export function* indexRows(db: Database.Database): Generator<IndexRow> {
  const visible = visibleRange(visibleBackupRows(db).map(({ number }) => number))
  const discsOf = db
    .prepare(
      `SELECT DISTINCT k.disc FROM part p JOIN chunk k ON k.number = p.chunk WHERE p.content = ? ORDER BY k.disc`,
    )
    .pluck()
  const rows = db
    .prepare(
      `SELECT e.path, e.type, e.size, e.mtime / 1000000000 AS modified, e.first, e.last, e.content, k.disc,
        CASE WHEN c.parts > 1 THEN 1 ELSE 0 END AS inParts, CASE WHEN e.type = 'symlink' THEN e.link END AS link
      FROM entry e LEFT JOIN content c ON c.id = e.content LEFT JOIN chunk k ON k.number = c.chunk
      ORDER BY e.path, e.first`,
    )
    .iterate() as IterableIterator<StoredRow>
  for (const { path, content, disc, inParts, link, ...row } of rows) {
    const range = visible(row.first, row.last)
    if (range === undefined) continue
    const discs = inParts === 1 ? (discsOf.all(content) as number[]) : disc === null ? [] : [disc]
    yield {
      ...row,
      ...range,
      path: pathFromCatalog(path),
      discs,
      link: link === null ? null : pathFromCatalog(link),
    }
  }
}

interface StoredRow extends Omit<IndexRow, 'path' | 'discs' | 'link'> {
  readonly path: string | Uint8Array
  readonly content: number | null
  readonly disc: number | null
  readonly inParts: 0 | 1
  readonly link: string | Uint8Array | null
}
