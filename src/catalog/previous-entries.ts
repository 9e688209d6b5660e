/** The state after the catalog's newest backup, for comparison with the next one. */

import type { EntryState } from '../format/entry-state.ts'
import type { EntryType } from '../format/manifest.ts'
import { pathForCatalog, pathFromCatalog } from '../format/path-text.ts'
import type { Catalog } from './working-catalog.ts'

export interface PreviousEntry extends EntryState {
  /** The first backup with this version. */
  readonly first: number
  readonly content: number | null
  readonly member: string | null
  readonly sparse: boolean
}

type Row = [
  string | Buffer, bigint, EntryType, bigint, bigint, bigint, bigint, bigint | null, bigint | null, bigint | null,
  bigint | null, string | null, string | Buffer | null, string | null, bigint | null,
] // prettier-ignore

const columns = `e.path, e.first, e.type, e.mode, o.uid, o.gid, e.mtime, e.ctime, e.inode, e.size, e.content, e.member, e.link, e.device, e.sparse`
const current = `SELECT ${columns} FROM entry e JOIN owner o ON o.id = e.owner WHERE e.last IS NULL`

/** All current entries with a UTF-8 path, in byte order of their paths. */
export function* previousEntries(db: Catalog): Generator<PreviousEntry> {
  // CROSS JOIN keeps the entries the outer loop, which gives their order without a sort.
  const sql = `SELECT ${columns} FROM entry e CROSS JOIN owner o ON o.id = e.owner WHERE e.last IS NULL AND e.path < x'' ORDER BY e.path`
  for (const row of db.prepare(sql).safeIntegers().raw().iterate() as Iterable<Row>) yield fromRow(row)
}

/** The current entries whose path is not UTF-8: few, so they fit in memory. */
export function previousByteEntries(db: Catalog): Map<string, PreviousEntry> {
  const rows = db.prepare(`${current} AND e.path >= x''`).safeIntegers().raw().all() as Row[]
  return new Map(rows.map((row) => [pathFromCatalog(row[0]), fromRow(row)]))
}

/** Returns the function that looks up one current entry. */
export function previousEntryFinder(db: Catalog): (path: string) => PreviousEntry | undefined {
  const find = db.prepare(`${current} AND e.path = ?`).safeIntegers().raw()
  return (path) => {
    const row = find.get(pathForCatalog(path)) as Row | undefined
    return row && fromRow(row)
  }
}

/** Returns the function that looks up the attributes of a current entry. */
export function previousAttributesFinder(db: Catalog): (path: string) => string | null {
  const find = db.prepare(
    'SELECT a.data FROM entry e JOIN attribute a ON a.id = e.attributes WHERE e.path = ? AND e.last IS NULL',
  )
  find.pluck()
  return (path) => (find.get(pathForCatalog(path)) as string | undefined) ?? null
}

/** The number of versions of paths in all backups. */
export const entryCount = (db: Catalog): number =>
  db.prepare('SELECT count(*) FROM entry').pluck().get() as number

/** Whether any backup has an entry. */
export const hasEntries = (db: Catalog): boolean =>
  db.prepare('SELECT 1 FROM entry LIMIT 1').get() !== undefined

/** Returns the function that checks whether any backup has `path` as a folder. */
export function folderFinder(db: Catalog): (path: string) => boolean {
  const find = db.prepare(`SELECT 1 FROM entry WHERE path = ? AND type = 'dir' LIMIT 1`)
  return (path) => find.get(pathForCatalog(path)) !== undefined
}

function fromRow(row: Row): PreviousEntry {
  return {
    path: pathFromCatalog(row[0]),
    first: Number(row[1]),
    type: row[2],
    mode: Number(row[3]),
    uid: Number(row[4]),
    gid: Number(row[5]),
    mtime: row[6],
    ctime: row[7] ?? 0n,
    inode: row[8] ?? 0n,
    size: row[9] === null ? null : Number(row[9]),
    content: row[10] === null ? null : Number(row[10]),
    member: row[11],
    link: row[12] === null ? null : pathFromCatalog(row[12]),
    device: row[13],
    sparse: row[14] === 1n,
  }
}
