/** The pieces of queued files, in the queue's database: a terabyte has a million of them. */

import { addToRuns, isPiece, type PieceRun, pieceBytes } from '../format/piece.ts'
import { isIntact } from './broken-contents.ts'
import type { HashCandidate } from './stored-already.ts'
import { passes, queuedItems } from './work-queue.ts'
import type { Catalog } from './working-catalog.ts'

/** A piece as it was hashed: of zeros, or with data that compresses or not. */
export const pieceKind = { zeros: 0, compressible: 1, dense: 2 } as const

export function makePieceQueue(db: Catalog): void {
  db.exec(`CREATE TABLE work.piece(id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, part INTEGER NOT NULL, size INTEGER NOT NULL,
    hash BLOB NOT NULL, dense INTEGER NOT NULL, content INTEGER, fresh INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX work.piece_by_item ON piece(seq, part)`)
}

/** The queued files that are stored in pieces. */
export const piecedFiles = (db: Catalog): HashCandidate[] =>
  queuedItems(db, passes.pieced, 0, -1).map(({ seq, path, size, mtime, ctime, inode }) => ({
    seq,
    path,
    size: size ?? 0,
    mtime,
    ctime,
    inode,
  }))

/** `records`: for each piece its kind in one byte, and its hash. */
export function recordPieces(
  db: Catalog,
  { seq, size }: HashCandidate,
  digest: Uint8Array,
  records: Uint8Array,
): void {
  const add = db.prepare('INSERT INTO work.piece(seq, part, size, hash, dense) VALUES (?, ?, ?, ?, ?)')
  const recordBytes = digest.length + 1
  db.transaction(() => {
    db.prepare('UPDATE work.item SET hash = ? WHERE seq = ?').run(digest, seq)
    for (let at = 0, part = 1; at < records.length; at += recordBytes, part++) {
      const kind = records[at] as number
      if (kind === pieceKind.zeros) continue
      const bytes = Math.min(pieceBytes, size - (part - 1) * pieceBytes)
      add.run(seq, part, bytes, records.subarray(at + 1, at + recordBytes), kind === pieceKind.dense ? 1 : 0)
    }
  })()
}

/** The file cannot be hashed: it is packed like others, which reports the error. */
export function packWithoutPieces(db: Catalog, seq: number): void {
  db.prepare(`UPDATE work.item SET pass = ${passes.files} WHERE seq = ?`).run(seq)
}

/** Files whose whole content is stored need no pieces. Contents from `reuseFrom` on count as stored. */
export function resolvePieced(db: Catalog, reuseFrom: number): void {
  const stored = `FROM main.content c WHERE c.size = item.size AND c.hash = item.hash AND c.parts > ${isPiece}
    AND c.id >= ${reuseFrom} AND ${isIntact('c.id')}`
  db.exec(`UPDATE work.item SET pass = ${passes.metadata}, content = (SELECT max(c.id) ${stored})
    WHERE pass = ${passes.pieced} AND hash IS NOT NULL AND EXISTS (SELECT 1 ${stored});
    DELETE FROM work.piece WHERE seq NOT IN (SELECT seq FROM work.item WHERE pass = ${passes.pieced})`)
}

/** Gives each piece its content: a stored one, or a new number, once for equal pieces. */
export function numberPieces(db: Catalog, reuseFrom: number, newContent: () => number): void {
  if (db.prepare('SELECT 1 FROM work.piece LIMIT 1').get() === undefined) return
  db.exec(`CREATE TABLE work.known(hash BLOB PRIMARY KEY, content INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO work.known SELECT hash, max(id) FROM main.content
      WHERE parts = ${isPiece} AND hash IS NOT NULL AND id >= ${reuseFrom} AND ${isIntact('id')} GROUP BY hash;
    UPDATE work.piece SET content = (SELECT content FROM work.known k WHERE k.hash = piece.hash)`)
  const unknown = db.prepare('SELECT id, hash FROM work.piece WHERE content IS NULL ORDER BY id LIMIT 5000')
  const find = db.prepare('SELECT content FROM work.known WHERE hash = ?').pluck()
  const know = db.prepare('INSERT INTO work.known VALUES (?, ?)')
  const set = db.prepare('UPDATE work.piece SET content = ?, fresh = ? WHERE id = ?')
  db.transaction(() => {
    for (;;) {
      const rows = unknown.all() as { id: number; hash: Uint8Array }[]
      if (rows.length === 0) return
      for (const { id, hash } of rows) {
        const before = find.get(hash) as number | undefined
        const content = before ?? newContent()
        if (before === undefined) know.run(hash, content)
        set.run(content, before === undefined ? 1 : 0, id)
      }
    }
  })()
  db.exec('DROP TABLE work.known')
}

/** A piece that must be stored. */
export interface FreshPiece {
  readonly id: number
  readonly seq: number
  readonly part: number
  readonly size: number
  /** Lower-case hex. */
  readonly hash: string
  readonly dense: 0 | 1
  readonly content: number
}

/** The pieces to store, after piece `after`. */
export const freshPieces = (db: Catalog, after: number, limit: number): FreshPiece[] =>
  db
    .prepare(
      `SELECT id, seq, part, size, lower(hex(hash)) AS hash, dense, content FROM work.piece
        WHERE fresh = 1 AND id > ? ORDER BY id LIMIT ?`,
    )
    .all(after, limit) as FreshPiece[]

export const freshTotals = (db: Catalog): { readonly items: number; readonly bytes: number } =>
  db
    .prepare('SELECT count(*) AS items, coalesce(sum(size), 0) AS bytes FROM work.piece WHERE fresh = 1')
    .get() as { items: number; bytes: number }

/** The pieces of a queued file, as runs. */
export function queuedRuns(db: Catalog, seq: number): PieceRun[] {
  const runs: PieceRun[] = []
  const rows = db.prepare('SELECT part, content FROM work.piece WHERE seq = ? ORDER BY part').iterate(seq)
  for (const { part, content } of rows as Iterable<{ part: number; content: number }>) {
    addToRuns(runs, part, content)
  }
  return runs
}
