/** Removes forgotten backups from a catalog, and the chunks that no other backup needs. After `findLive`. */

import { hasPieceTable } from './piece-rows.ts'
import { isKept } from './live-contents.ts'
import { type Catalog, highestContent, setMeta } from './working-catalog.ts'
import { namesKey } from './basename-filter.ts'
import { removeForgotten } from './marks.ts'

/**
 * Removes the rows of the backups `forgotten` and of the chunks `dropped`, which hold no live content. The
 * contents that are dead in other chunks keep their sizes, which tell how much of a chunk lives; they lose
 * their hashes.
 */
export function dropBackups(db: Catalog, forgotten: readonly number[], dropped: readonly number[]): void {
  const contents = highestContent(db)
  db.transaction(() => {
    db.exec('DROP TABLE IF EXISTS temp.dropped; CREATE TEMP TABLE dropped(number INTEGER PRIMARY KEY)')
    db.prepare('INSERT INTO temp.dropped SELECT value FROM json_each(?)').run(JSON.stringify(dropped))
    db.exec('DELETE FROM main.chunk WHERE number IN (SELECT number FROM temp.dropped)')
    trimEntries(db)
    for (const table of ['backup WHERE number', 'root WHERE backup', 'problem WHERE backup'])
      db.exec(`DELETE FROM main.${table} NOT IN (SELECT number FROM temp.kept)`)
    dropContents(db)
    db.exec(`DELETE FROM owner WHERE id NOT IN (SELECT owner FROM entry UNION SELECT owner FROM root);
      DELETE FROM attribute WHERE id NOT IN (SELECT attributes FROM entry WHERE attributes IS NOT NULL
        UNION SELECT attributes FROM root WHERE attributes IS NOT NULL)`)
    // The filter of names is made again.
    db.prepare('DELETE FROM main.meta WHERE key = ?').run(namesKey)
    for (const backup of forgotten) removeForgotten(db, backup)
    setMeta(db, 'contents', String(contents))
  })()
}

/**
 * A row of a directory stays while a chunk of its backups does: that chunk may hold the directory, and a
 * later file of that name must have another member name.
 */
function trimEntries(db: Catalog): void {
  const last = `coalesce(entry.last, ${Number.MAX_SAFE_INTEGER})`
  db.exec(`DELETE FROM main.entry WHERE NOT ${isKept('entry')} AND NOT (type = 'dir' AND EXISTS
    (SELECT 1 FROM main.chunk k WHERE k.backup BETWEEN entry.first AND ${last}))`)
  db.exec(`UPDATE main.entry SET
      first = (SELECT min(number) FROM temp.kept WHERE number >= entry.first),
      last = CASE WHEN last IS NULL THEN NULL ELSE (SELECT max(number) FROM temp.kept WHERE number <= entry.last) END
    WHERE ${isKept('entry')} AND (first NOT IN (SELECT number FROM temp.kept)
      OR (last IS NOT NULL AND last NOT IN (SELECT number FROM temp.kept)))`)
}

function dropContents(db: Catalog): void {
  const isDropped = 'chunk IN (SELECT number FROM temp.dropped)'
  const isDead = 'NOT IN (SELECT content FROM temp.live)'
  if (hasPieceTable(db)) {
    db.exec(`DELETE FROM piece WHERE content ${isDead}; DELETE FROM content WHERE chunk = 0 AND id ${isDead}`)
  }
  db.exec(`DELETE FROM main.part WHERE ${isDropped};
    DELETE FROM content WHERE ${isDropped};
    DELETE FROM content WHERE chunk IS NULL AND id ${isDead} AND id NOT IN (SELECT content FROM main.part);
    UPDATE content SET hash = NULL WHERE hash IS NOT NULL AND id ${isDead}`)
}
