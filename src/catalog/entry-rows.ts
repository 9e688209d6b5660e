/**
 * Reads entries of an open catalog in the order of the table's key: first the UTF-8 paths in byte order, then
 * the others.
 */

import type Database from 'better-sqlite3'
import type { EntryType } from '../format/manifest.ts'
import { isTextPath, pathForCatalog, pathFromCatalog, pathToBytes } from '../format/path-text.ts'

export interface EntryRow {
  readonly path: string
  readonly type: EntryType
  /** The backups that hold this version; `last` is null if the newest does. */
  readonly first: number
  readonly last: number | null
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  readonly size: number | null
  /** The hash of the whole content, lower-case hex; also null if it was not requested. */
  readonly hash: string | null
  /** A symlink's target, or the path whose content a hard link shares. */
  readonly link: string | null
  readonly device: string | null
  readonly content: number | null
}

/** Paths from `lower` up to `upper`, without `upper`. Both are of one kind, text or bytes. */
export interface PathRange {
  readonly lower: string | Buffer
  /** Undefined: to the end of the kind. */
  readonly upper: string | Buffer | undefined
}

/** Everything below `folder`; the root of the source is the empty string. */
export function rangesBelow(folder: string): PathRange[] {
  if (folder === '') return [textPaths, bytePaths]
  const text = { lower: `${folder}/`, upper: `${folder}0` } // '0' is the character after '/'
  const bytes = { lower: pathToBytes(text.lower), upper: pathToBytes(text.upper) }
  return isTextPath(folder) ? [text, bytes] : [bytes]
}

const textPaths: PathRange = { lower: '', upper: undefined }
const bytePaths: PathRange = { lower: Buffer.alloc(0), upper: undefined }

export interface EntryChoice {
  /** An SQL condition over `e` for each row; by default all rows. */
  readonly condition?: { readonly sql: string; readonly values: readonly unknown[] }
  /** Whether hashes are looked up (default). That takes nearly as long as all the rest. */
  readonly hashes?: boolean
}

/** The rows of `entry` in `range`, one for each version of a path. */
export function* entriesInRange(
  db: Database.Database,
  range: PathRange,
  { condition = { sql: '1', values: [] }, hashes = true }: EntryChoice = {},
): Generator<EntryRow> {
  // x'' is above every text, and below or equal to every other path.
  const lower =
    range.lower.length > 0 ? 'e.path >= ?' : typeof range.lower === 'string' ? '1' : `e.path >= x''`
  const upper =
    range.upper !== undefined ? 'e.path < ?' : typeof range.lower === 'string' ? `e.path < x''` : '1'
  const bounds = [...(range.lower.length > 0 ? [range.lower] : []), ...(range.upper ? [range.upper] : [])]
  const sql = `${selectOf(hashes)} WHERE ${lower} AND ${upper} AND (${condition.sql}) ORDER BY e.path, e.first`
  const ownerOf = ownerReader(db)
  const rows = db
    .prepare(sql)
    .safeIntegers()
    .raw()
    .iterate(...bounds, ...condition.values)
  for (const row of rows as Iterable<Row>) yield entryFrom(row, ownerOf)
}

const pageRows = 1000

/** All entries of `backup`. Reading in pages makes a row a quarter cheaper than one by one. */
export function* entriesOfBackup(db: Database.Database, backup: number, hashes = true): Generator<EntryRow> {
  const ownerOf = ownerReader(db)
  for (const kind of [
    { start: '', end: `e.path < x'' AND` },
    { start: Buffer.alloc(0), end: '' },
  ]) {
    const sql = `${selectOf(hashes)} WHERE e.path > ? AND ${kind.end} e.first <= ? AND (e.last IS NULL OR e.last >= ?)
      ORDER BY e.path LIMIT ${pageRows}`
    const page = db.prepare(sql).safeIntegers().raw()
    let rows: Row[] = []
    do {
      rows = page.all(rows.at(-1)?.[0] ?? kind.start, backup, backup) as Row[]
      for (const row of rows) yield entryFrom(row, ownerOf)
    } while (rows.length === pageRows)
  }
}

/** The entry of `path` in `backup`. */
export function entryOfBackup(db: Database.Database, backup: number, path: string): EntryRow | undefined {
  const sql = `${selectOf(true)} WHERE e.path = ? AND e.first <= ? ORDER BY e.first DESC LIMIT 1`
  const row = db.prepare(sql).safeIntegers().raw().get(pathForCatalog(path), backup) as Row | undefined
  const entry = row && entryFrom(row, ownerReader(db))
  return entry && holds(entry, backup) ? entry : undefined
}

/**
 * The direct children of `folder`. Seeks from name to name: a subfolder costs one seek, however large it is
 * or was.
 */
export function* entriesInFolder(db: Database.Database, backup: number, folder: string): Generator<EntryRow> {
  const prefix = folder === '' ? '' : `${folder}/`
  for (const whole of rangesBelow(folder)) {
    let range: PathRange | undefined = whole
    while (range) {
      let next: PathRange | undefined
      for (const entry of entriesInRange(db, range)) {
        const slash = entry.path.indexOf('/', prefix.length)
        if (slash < 0) {
          if (holds(entry, backup)) yield entry
          continue
        }
        const after = `${entry.path.slice(0, slash)}0`
        const lower: string | Buffer = typeof whole.lower === 'string' ? after : pathToBytes(after)
        next = { lower, upper: whole.upper }
        break
      }
      range = next
    }
  }
}

const holds = (entry: EntryRow, backup: number): boolean =>
  entry.first <= backup && (entry.last === null || entry.last >= backup)

type Row = [
  path: string | Buffer, first: bigint, last: bigint | null, type: EntryType, mode: bigint, mtime: bigint,
  size: bigint | null, content: bigint | null, link: string | Buffer | null, device: string | null, owner: bigint,
  hash: string | null,
] // prettier-ignore

// This join keeps `entry` the outer loop, which gives the order without a sort.
const selectOf = (hashes: boolean): string =>
  `SELECT e.path, e.first, e.last, e.type, e.mode, e.mtime, e.size, e.content, e.link, e.device, e.owner,
  ${hashes ? 'lower(hex(c.hash)) FROM entry e LEFT JOIN content c ON c.id = e.content' : 'NULL FROM entry e'}`

type Owner = Pick<EntryRow, 'uid' | 'gid' | 'user' | 'group'>

const nobody: Owner = { uid: 0, gid: 0, user: null, group: null }
/** A system has some dozens. */
const maxOwnersKept = 10_000

function ownerReader(db: Database.Database): (id: bigint) => Owner {
  const known = new Map<bigint, Owner>()
  const find = db.prepare('SELECT uid, gid, user, grp AS "group" FROM owner WHERE id = ?')
  return (id) => {
    let owner = known.get(id)
    if (owner === undefined) {
      if (known.size >= maxOwnersKept) known.clear()
      known.set(id, (owner = (find.get(id) as Owner | undefined) ?? nobody))
    }
    return owner
  }
}

function entryFrom(row: Row, ownerOf: (id: bigint) => Owner): EntryRow {
  const { uid, gid, user, group } = ownerOf(row[10])
  return {
    path: pathFromCatalog(row[0]),
    first: Number(row[1]),
    last: row[2] === null ? null : Number(row[2]),
    type: row[3],
    mode: Number(row[4]),
    mtime: row[5],
    size: row[6] === null ? null : Number(row[6]),
    content: row[7] === null ? null : Number(row[7]),
    link: row[8] === null ? null : pathFromCatalog(row[8]),
    device: row[9],
    uid,
    gid,
    user,
    group,
    hash: row[11] === '' ? null : row[11],
  }
}
