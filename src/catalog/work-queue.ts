/**
 * The work of a run, in a database beside the working catalog: a million changed files cost disk, not memory.
 * Items come in passes: first those that need no file, then files, then the lists of files in pieces, then
 * items that refer to files of this run.
 */

import type { EntryState } from '../format/entry-state.ts'
import type { EntryType } from '../format/manifest.ts'
import { pathForCatalog, pathFromCatalog } from '../format/path-text.ts'
import { type Catalog, pageCount } from './working-catalog.ts'

export const passes = { metadata: 0, files: 1, deduplicated: 2, pieced: 3 } as const
export type Pass = (typeof passes)[keyof typeof passes]

export interface WorkItem extends Omit<EntryState, 'type'> {
  /** `gone`: the path was deleted. */
  readonly type: EntryType | 'gone'
  /** Bytes allocated in the source's file system; null if unknown. */
  readonly allocated: number | null
  /** In the form of `format/attributes.ts`; null if there are none, or they are unknown. */
  readonly attributes: string | null
  /** For a file: whether the newest backup had its path. `kept`: the content stays, whatever the type. */
  readonly change: 'new' | 'changed' | 'unchanged' | 'kept'
}

export interface QueuedItem extends WorkItem {
  readonly seq: number
  /** Lower-case hex, if the content was hashed beforehand. */
  readonly hash: string | null
  /** The stored content of the file, if known. */
  readonly content: number | null
}

/** Attaches the queue `file`, new and empty, to the catalog's connection. */
export function attachQueue(db: Catalog, file: string): void {
  db.prepare('ATTACH ? AS work').run(file)
  db.pragma('work.journal_mode = OFF')
  db.pragma('work.synchronous = OFF')
  db.exec(`CREATE TABLE work.item(seq INTEGER PRIMARY KEY, pass INTEGER NOT NULL, path NOT NULL, type TEXT NOT NULL,
    mode INTEGER, uid INTEGER, gid INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, size INTEGER, link, device TEXT,
    change TEXT, probe BLOB, hash BLOB, content INTEGER, attributes TEXT, allocated INTEGER)`)
}

/** Returns the function that adds an item to a pass. */
export function queueAdder(db: Catalog): (pass: Pass, item: WorkItem) => void {
  const insert = db.prepare(
    'INSERT INTO work.item VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?)',
  )
  return (pass, item) => {
    insert.run(
      pass,
      pathForCatalog(item.path),
      item.type,
      item.mode,
      item.uid,
      item.gid,
      item.mtime,
      item.ctime,
      item.inode,
      item.size,
      item.link === null ? null : pathForCatalog(item.link),
      item.device,
      item.change,
      item.attributes,
      item.allocated,
    )
  }
}

/** Up to `limit` items of a pass, after item `after`. */
export function queuedItems(db: Catalog, pass: Pass, after: number, limit: number): QueuedItem[] {
  const rows = db
    .prepare('SELECT * FROM work.item WHERE pass = ? AND seq > ? ORDER BY seq LIMIT ?')
    .safeIntegers()
    .all(pass, after, limit) as Record<string, unknown>[]
  return rows.map(fromRow)
}

const finders = new WeakMap<Catalog, ReturnType<Catalog['prepare']>>()

/** Reads one item again. */
export function queuedItem(db: Catalog, seq: number): QueuedItem | undefined {
  let find = finders.get(db)
  if (!find) finders.set(db, (find = db.prepare('SELECT * FROM work.item WHERE seq = ?').safeIntegers()))
  const row = find.get(seq)
  return row === undefined ? undefined : fromRow(row as Record<string, unknown>)
}

export interface QueueTotals {
  readonly items: number
  readonly bytes: number
  readonly dataBytes: number
}

/** The totals of a pass: `bytes` of file content, `dataBytes` without holes. */
export function queueTotals(db: Catalog, pass: Pass): QueueTotals {
  return db
    .prepare(
      `SELECT count(*) AS items, coalesce(sum(size), 0) AS bytes,
        coalesce(sum(min(size, coalesce(allocated, size))), 0) AS dataBytes FROM work.item WHERE pass = ?`,
    )
    .get(pass) as QueueTotals
}

/** The paths that the hard links of a pass link to. */
export const linkedPaths = (db: Catalog, pass: Pass): Set<string> =>
  new Set(
    db
      .prepare(`SELECT DISTINCT link FROM work.item WHERE pass = ? AND type = 'hardlink'`)
      .pluck()
      .all(pass)
      .map((link) => pathFromCatalog(link as string | Buffer)),
  )

/** The bytes of the catalog and the queue: more than the merged and packed catalog takes. */
export function bytesWithQueue(db: Catalog): number {
  const pages = pageCount(db) + (db.pragma('work.page_count', { simple: true }) as number)
  return pages * (db.pragma('page_size', { simple: true }) as number)
}

export const queueIndexes = (db: Catalog): void => {
  db.exec('CREATE INDEX work.item_by_pass ON item(pass, seq)')
}

function fromRow(row: Record<string, unknown>): QueuedItem {
  const number = (value: unknown): number => Number(value as bigint)
  return {
    seq: number(row['seq']),
    path: pathFromCatalog(row['path'] as string | Buffer),
    type: row['type'] as WorkItem['type'],
    mode: number(row['mode']),
    uid: number(row['uid']),
    gid: number(row['gid']),
    mtime: row['mtime'] as bigint,
    ctime: row['ctime'] as bigint,
    inode: row['inode'] as bigint,
    size: row['size'] === null ? null : number(row['size']),
    allocated: row['allocated'] === null ? null : number(row['allocated']),
    link: row['link'] === null ? null : pathFromCatalog(row['link'] as string | Buffer),
    device: row['device'] as string | null,
    change: row['change'] as WorkItem['change'],
    attributes: row['attributes'] as string | null,
    hash: row['hash'] === null ? null : (row['hash'] as Buffer).toString('hex'),
    content: row['content'] === null ? null : number(row['content']),
  }
}
