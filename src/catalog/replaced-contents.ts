/**
 * Contents that were on lost discs and were stored again: then entries of all backups refer to the new
 * content. Uses the tables of `broken-contents.ts`.
 */

import { isPiece, pieceFolder } from '../format/piece.ts'
import { replacePieces } from './piece-rows.ts'
import type { ReplacedLine } from '../format/manifest.ts'
import { collectCopies, intactCopyOf } from './broken-contents.ts'
import { passes } from './work-queue.ts'
import type { Catalog } from './working-catalog.ts'

/** Only pieces, and contents that entries refer to: a replaced content is not replaced again. */
const inUse = `(a.parts = ${isPiece} OR h.content IN (SELECT content FROM main.entry WHERE content IS NOT NULL))`

/** Whether a content in `hit` is also stored on other discs, or this run may store it. */
export const mayReplace = (db: Catalog): boolean =>
  db.prepare('SELECT 1 FROM temp.hit LIMIT 1').get() !== undefined &&
  db
    .prepare(
      `SELECT 1 FROM temp.hit h JOIN main.content a ON a.id = h.content
      WHERE ${inUse} AND (EXISTS (${intactCopyOf('a')})
        OR a.size IN (SELECT size FROM work.item WHERE pass IN (${passes.files}, ${passes.pieced}))
        OR a.hash IN (SELECT hash FROM work.piece WHERE fresh = 1)) LIMIT 1`,
    )
    .get() !== undefined

/** Collects the replacements, after all files are stored. */
export function findReplaced(db: Catalog): void {
  collectCopies(db)
  db.exec(`DROP TABLE IF EXISTS work.replaced;
    CREATE TABLE work.replaced AS SELECT h.content AS content,
      (SELECT max(id) FROM (${intactCopyOf('a')})) AS "by"
    FROM temp.hit h JOIN main.content a ON a.id = h.content WHERE ${inUse};
    CREATE INDEX work.replaced_by_content ON replaced(content)`)
  db.exec(`INSERT OR IGNORE INTO work.member SELECT e.content, coalesce(e.member, e.path) FROM main.entry e
    WHERE e.type = 'file' AND e.content IN (SELECT "by" FROM work.replaced)`)
  db.exec(`INSERT OR IGNORE INTO work.member SELECT id, printf('${pieceFolder}/%010d', id) FROM main.content
    WHERE parts = ${isPiece} AND id IN (SELECT "by" FROM work.replaced)`)
}

/** Lines for the replacements of `findReplaced`, after content `after`. */
export const replacedLines = (db: Catalog, after: number, limit: number): ReplacedLine[] =>
  db
    .prepare(
      `SELECT 'replaced' AS t, r.content, r."by", m.name AS member FROM work.replaced r
        JOIN work.member m ON m.content = r."by" WHERE r.content > ? ORDER BY r.content LIMIT ?`,
    )
    .all(after, limit) as ReplacedLine[]

/** Keeps the replacements of manifest lines until all entries are known. */
export function replacementRecorder(db: Catalog): (line: ReplacedLine) => void {
  db.exec(
    'CREATE TEMP TABLE IF NOT EXISTS replacement(content INTEGER PRIMARY KEY, "by" INTEGER, member TEXT)',
  )
  const record = db.prepare('INSERT OR REPLACE INTO temp.replacement VALUES (?, ?, ?)')
  return ({ content, by, member }) => void record.run(content, by, member)
}

/** No content is replaced more often: each step needs another lost disc. */
const longestChain = 64

/** Applies the replacements to the entries, by one scan of them. */
export function applyReplacements(db: Catalog): void {
  db.exec(`DELETE FROM temp.replacement WHERE "by" = content OR "by" NOT IN (SELECT id FROM main.content)`)
  if (db.prepare('SELECT 1 FROM temp.replacement LIMIT 1').get() === undefined) return
  // If the disc of a replacement is lost as well, that content was replaced once more.
  const follow = db.prepare(
    `UPDATE temp.replacement SET ("by", member) =
      (SELECT n."by", n.member FROM temp.replacement n WHERE n.content = replacement."by")
    WHERE "by" IN (SELECT content FROM temp.replacement)`,
  )
  for (let i = 0; i < longestChain && follow.run().changes > 0; i++);
  db.exec(`UPDATE main.entry SET (content, member) =
      (SELECT r."by", CASE WHEN r.member = entry.path THEN NULL ELSE r.member END
        FROM temp.replacement r WHERE r.content = entry.content)
    WHERE content IN (SELECT content FROM temp.replacement)`)
  replacePieces(db)
  db.exec('DELETE FROM temp.replacement')
}
