/**
 * Compares two backups, using the catalog alone. An entry in both backups is one row, so only rows of one
 * backup are read. SQLite sorts and matches them; the memory here does not grow with their number.
 */

import type Database from 'better-sqlite3'
import { isFile } from '../format/entry-kind.ts'
import type { EntryType } from '../format/manifest.ts'
import { pathFromCatalog } from '../format/path-text.ts'

/** `metadata`: the content is the same, but mode, owner, time or extended attributes differ. */
export type ChangeKind = 'new' | 'changed' | 'moved' | 'metadata' | 'deleted'

export interface Change {
  readonly kind: ChangeKind
  readonly path: string
  /** For a moved file: its old path. */
  readonly origin: string | undefined
  readonly before: ChangeSide | undefined
  readonly after: ChangeSide | undefined
}

interface ChangeSide {
  readonly type: EntryType
  readonly size: number | null
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
}

/**
 * The changes from backup `from` to backup `to`, ordered by path. A non-empty file counts as moved if its
 * path is new and an old path of its content is gone. Several such files are matched in path order. Two
 * differences do not count. The time of a directory follows its content. Of several names of one file,
 * symlink, FIFO or device, any may come first.
 */
export function* compareBackups(db: Database.Database, from: number, to: number): Generator<Change> {
  let old: Side | undefined
  for (const row of db.prepare(sql).safeIntegers().raw().iterate({ from, to }) as Iterable<Row>) {
    const side = sideFrom(row)
    if (old && old.path !== side.path) {
      yield* changeOf(old, undefined)
      old = undefined
    }
    if (side.isOld) old = side
    else {
      yield* changeOf(old, side)
      old = undefined
    }
  }
  yield* changeOf(old, undefined)
}

function* changeOf(before: Side | undefined, after: Side | undefined): Generator<Change> {
  const kind = kindOf(before, after)
  if (kind === undefined) return
  const path = (after ?? before)?.path as string
  yield { kind, path, origin: kind === 'moved' ? after?.partner : undefined, before, after }
}

function kindOf(before: Side | undefined, after: Side | undefined): ChangeKind | undefined {
  if (!before) return after && (after.partner === undefined ? 'new' : 'moved')
  // A moved file is reported at its new path.
  if (!after) return before.partner === undefined ? 'deleted' : undefined
  if (!sameContent(before, after)) return 'changed'
  return sameMetadata(before, after) ? undefined : 'metadata'
}

function sameContent(a: Side, b: Side): boolean {
  if (isFile(a) && isFile(b)) {
    return a.content === b.content || (a.hash !== null && a.hash === b.hash && a.size === b.size)
  }
  return a.is === b.is && a.link === b.link && a.device === b.device
}

const sameMetadata = (a: Side, b: Side): boolean =>
  a.mode === b.mode &&
  a.owner === b.owner &&
  a.attributes === b.attributes &&
  (a.mtime === b.mtime || a.type === 'dir')

interface Side extends ChangeSide {
  readonly path: string
  readonly isOld: boolean
  readonly mode: bigint
  readonly owner: bigint
  readonly content: bigint | null
  readonly hash: string | null
  /** Type, target and device. A hard link that is not to a file has those of its target. */
  readonly is: string
  readonly link: string | null
  readonly device: string | null
  readonly partner: string | undefined
  /** The catalog's number of the attributes. */
  readonly attributes: bigint | null
}

type Row = [
  path: string | Buffer, isOld: bigint, type: EntryType, mode: bigint, owner: bigint, mtime: bigint,
  size: bigint | null, content: bigint | null, link: string | Buffer | null, device: string | null, hash: string | null,
  partner: string | Buffer | null, attributes: bigint | null, is: string,
] // prettier-ignore

function sideFrom(row: Row): Side {
  return {
    path: pathFromCatalog(row[0]),
    isOld: row[1] === 1n,
    type: row[2],
    mode: row[3],
    owner: row[4],
    mtime: row[5],
    size: row[6] === null ? null : Number(row[6]),
    content: row[7],
    link: row[8] === null ? null : pathFromCatalog(row[8]),
    device: row[9],
    hash: row[10] === '' ? null : row[10],
    partner: row[11] === null ? undefined : pathFromCatalog(row[11]),
    attributes: row[12],
    is: row[13],
  }
}

const holds = (entry: string, backup: string): string =>
  `(${entry}.first <= @${backup} AND (${entry}.last IS NULL OR ${entry}.last >= @${backup}))`

/** Files whose path is in one backup only, numbered among those with the same content. */
const lonely = (backup: string, other: string): string => `
  SELECT s.path, c.hash, c.size, row_number() OVER (PARTITION BY c.hash, c.size ORDER BY s.path) AS nth
  FROM side s JOIN content c ON c.id = s.content
  WHERE s.is_old = ${backup === 'from' ? 1 : 0} AND s.type = 'file' AND c.hash IS NOT NULL AND c.size > 0
    AND NOT EXISTS (SELECT 1 FROM entry o WHERE o.path = s.path AND ${holds('o', other)})`

const sql = `
WITH side AS MATERIALIZED (
  SELECT e.path, ${holds('e', 'from')} AS is_old, e.type, e.mode, e.owner, e.mtime, e.size, e.content, e.link,
    e.device, e.attributes
  FROM entry e WHERE ${holds('e', 'from')} <> ${holds('e', 'to')}
),
gone AS MATERIALIZED (${lonely('from', 'to')}),
come AS MATERIALIZED (${lonely('to', 'from')}),
pair AS MATERIALIZED (
  SELECT gone.path AS origin, come.path AS target
  FROM come JOIN gone ON gone.hash = come.hash AND gone.size = come.size AND gone.nth = come.nth
),
partner AS MATERIALIZED (
  SELECT 1 AS is_old, origin AS path, target AS other FROM pair UNION ALL SELECT 0, target, origin FROM pair
)
SELECT s.path, s.is_old, s.type, s.mode, s.owner, s.mtime, s.size, s.content,
  CASE WHEN n.type IS NULL THEN s.link ELSE n.link END, coalesce(n.device, s.device), lower(hex(c.hash)),
  p.other, s.attributes, coalesce(n.type, s.type)
FROM side s LEFT JOIN content c ON c.id = s.content
LEFT JOIN entry n ON s.type = 'hardlink' AND s.size IS NULL AND n.path = s.link
  AND CASE WHEN s.is_old THEN ${holds('n', 'from')} ELSE ${holds('n', 'to')} END
LEFT JOIN partner p ON p.path = s.path AND p.is_old = s.is_old
ORDER BY s.path, s.is_old DESC`
