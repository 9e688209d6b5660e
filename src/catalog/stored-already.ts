/**
 * Finds queued files whose content is already stored, or will be stored by another file of the same run.
 * Contents on lost discs, the table of `broken-contents.ts`, do not count.
 */

import type { FileState } from '../format/entry-state.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { isPiece } from '../format/piece.ts'
import { isIntact } from './broken-contents.ts'
import { type Pass, passes, queueTotals } from './work-queue.ts'
import { type Catalog, highest } from './working-catalog.ts'

/** From this size on, butcher compares the beginnings of files before it hashes them completely. */
export const probeFromBytes = 1_000_000

export interface HashCandidate extends FileState {
  readonly seq: number
  readonly size: number
}

/**
 * Collects the contents, from `reuseFrom` on, with the size of a file in the queue's `pass`. The catalog has
 * no index of hashes, which would be nearly half of its size on every disc.
 */
export function collectStored(db: Catalog, pass: Pass, reuseFrom: number): void {
  db.exec(`CREATE TABLE IF NOT EXISTS work.stored(size INTEGER, hash BLOB, id INTEGER, PRIMARY KEY(size, hash, id)) WITHOUT ROWID;
    DELETE FROM work.stored`)
  if (queueTotals(db, pass).bytes === 0) return
  db.exec(`INSERT INTO work.stored SELECT size, hash, id FROM main.content
    WHERE size > 0 AND parts > ${isPiece} AND hash IS NOT NULL AND id >= ${reuseFrom} AND ${isIntact('id')}
      AND size IN (SELECT size FROM work.item WHERE pass = ${pass}) ORDER BY size, hash, id`)
}

/**
 * Marks files whose size suggests a duplicate: of a stored content from `reuseFrom` on, or, above
 * `aboveBytes`, of another file in the run. Empty files are left out: each is its own member, at no cost.
 */
export function markCandidates(db: Catalog, reuseFrom: number, aboveBytes: number): void {
  collectStored(db, passes.files, reuseFrom)
  const isLarge = `pass = ${passes.files} AND size > ${aboveBytes}`
  db.exec(`CREATE TABLE work.candidate(seq INTEGER PRIMARY KEY, size INTEGER)`)
  db.exec(`INSERT INTO work.candidate SELECT seq, size FROM work.item i WHERE pass = ${passes.files} AND size > 0 AND (
    EXISTS (SELECT 1 FROM work.stored c WHERE c.size = i.size) OR
    (${isLarge} AND size IN (SELECT size FROM work.item WHERE ${isLarge} GROUP BY size HAVING count(*) > 1)))`)
}

/**
 * The number of the first content that `backup` stored in an earlier run, or one above all existing numbers.
 */
export function firstContentOf(db: Catalog, backup: number): number {
  const sql = `SELECT min(id) AS first FROM (
    SELECT c.id FROM content c JOIN chunk k ON k.number = c.chunk WHERE k.backup = @backup
    UNION ALL SELECT p.content FROM part p JOIN chunk k ON k.number = p.chunk WHERE k.backup = @backup)`
  const { first } = db.prepare(sql).get({ backup }) as { first: number | null }
  return first ?? highest(db, 'content') + 1
}

interface CandidateRow extends Omit<HashCandidate, 'seq' | 'size' | 'path'> {
  readonly seq: bigint
  readonly size: bigint
  readonly path: string | Buffer
}

/** The marked files of at least `fromBytes`, in batches. */
export function* candidates(db: Catalog, fromBytes: number): Generator<HashCandidate[]> {
  const batch = db
    .prepare(
      `SELECT c.seq, i.path, c.size, i.mtime, i.ctime, i.inode
    FROM work.candidate c JOIN work.item i USING (seq)
    WHERE c.seq > ? AND c.size >= ? ORDER BY c.seq LIMIT 200`,
    )
    .safeIntegers()
  for (let after = 0; ;) {
    const rows = batch.all(after, fromBytes) as CandidateRow[]
    if (rows.length === 0) return
    after = Number((rows.at(-1) as CandidateRow).seq)
    yield rows.map((row) => ({
      ...row,
      seq: Number(row.seq),
      size: Number(row.size),
      path: pathFromCatalog(row.path),
    }))
  }
}

/** Drops large candidates (`probe` set) whose size and beginning are unique, and match nothing stored. */
export function dropLoneProbes(db: Catalog): void {
  db.exec(`CREATE INDEX IF NOT EXISTS work.item_by_probe ON item(probe, size) WHERE probe IS NOT NULL`)
  db.exec(`DELETE FROM work.candidate WHERE size >= ${probeFromBytes}
    AND NOT EXISTS (SELECT 1 FROM work.stored c WHERE c.size = candidate.size)
    AND (SELECT count(*) FROM work.item i, work.item o WHERE i.seq = candidate.seq AND o.probe = i.probe AND o.size = i.size) < 2`)
}

/** The candidates that remain after `dropLoneProbes`. */
export const candidateTotals = (db: Catalog): { files: number; bytes: number } =>
  db.prepare('SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM work.candidate').get() as {
    files: number
    bytes: number
  }

/** Returns the function that records a file's hash, or the hash of its beginning. */
export function hashRecorder(db: Catalog): (seq: number, kind: 'probe' | 'hash', digest: Uint8Array) => void {
  const probe = db.prepare('UPDATE work.item SET probe = ? WHERE seq = ?')
  const hash = db.prepare('UPDATE work.item SET hash = ? WHERE seq = ?')
  return (seq, kind, digest) => {
    ;(kind === 'probe' ? probe : hash).run(digest, seq)
  }
}

/**
 * Returns the function that marks files as deduplicated: another chunk of the run stores their content.
 * Hashes in hex.
 */
export function copyRecorder(db: Catalog): (copies: readonly { seq: number; hash: string }[]) => void {
  const record = db.prepare(`UPDATE work.item SET pass = ${passes.deduplicated}, hash = ? WHERE seq = ?`)
  return db.transaction((copies) => {
    for (const { seq, hash } of copies) record.run(Buffer.from(hash, 'hex'), seq)
  })
}

/**
 * Moves duplicates out of the pass that reads files. If their content is stored, they become metadata items.
 * If an earlier file of this run will store it, they become deduplicated items.
 */
export function resolveDuplicates(db: Catalog): void {
  const stored = 'FROM work.stored c WHERE c.size = item.size AND c.hash = item.hash'
  db.exec(`UPDATE work.item SET pass = ${passes.metadata}, content = (SELECT max(c.id) ${stored})
    WHERE hash IS NOT NULL AND EXISTS (SELECT 1 ${stored})`)
  db.exec('CREATE INDEX work.item_by_hash ON item(hash) WHERE hash IS NOT NULL')
  db.exec(`UPDATE work.item SET pass = ${passes.deduplicated} WHERE pass = ${passes.files} AND hash IS NOT NULL
    AND seq > (SELECT min(o.seq) FROM work.item o WHERE o.hash = item.hash)`)
}

/** The newest copy of a content that `collectStored` found, or undefined. `hash` in hex. */
export function contentFinder(db: Catalog): (size: number, hash: string) => number | undefined {
  const find = db.prepare('SELECT max(id) FROM work.stored WHERE size = ? AND hash = ?').pluck()
  return (size, hash) => (find.get(size, Buffer.from(hash, 'hex')) as number | null) ?? undefined
}

/**
 * Makes the table of the member names of the contents that queue items of `pass` refer to. One scan of the
 * entries costs less than an index from content to entries in every catalog.
 */
export function collectMembers(db: Catalog): (content: number) => string | undefined {
  db.exec('CREATE TABLE IF NOT EXISTS work.member(content INTEGER PRIMARY KEY, name TEXT)')
  const refers = `content IS NOT NULL OR (pass = ${passes.deduplicated} AND hash IS NOT NULL)`
  if (db.prepare(`SELECT 1 FROM work.item WHERE ${refers} LIMIT 1`).get() !== undefined)
    db.exec(`INSERT OR IGNORE INTO work.member
    SELECT e.content, coalesce(e.member, e.path) FROM main.entry e
    WHERE e.type = 'file' AND e.content IN (
      SELECT content FROM work.item WHERE content IS NOT NULL
      UNION SELECT (SELECT max(c.id) FROM work.stored c WHERE c.size = i.size AND c.hash = i.hash) FROM work.item i
        WHERE i.pass = ${passes.deduplicated} AND i.hash IS NOT NULL)`)
  const find = db.prepare('SELECT name FROM work.member WHERE content = ?')
  return (content) => (find.get(content) as { name: string } | undefined)?.name
}
