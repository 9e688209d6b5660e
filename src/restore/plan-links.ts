/** Plans hard links, of which only some paths may be restored. */

import type Database from 'better-sqlite3'
import { linkedNodes } from '../format/entry-kind.ts'

/** If the target of hard links is not restored, the first link becomes the file. The others link to it. */
export function planLinks(catalog: Database.Database, plan: Database.Database, backup: number): void {
  if (plan.prepare('SELECT 1 FROM hard LIMIT 1').get() === undefined) return
  plan.exec(`
    CREATE INDEX target_by_path ON target(path);
    CREATE TEMP TABLE chief AS
      SELECT link, min(path) AS path FROM hard h
      WHERE content IS NOT NULL AND NOT EXISTS (SELECT 1 FROM target t WHERE t.path = h.link) GROUP BY link;
    CREATE INDEX temp.chief_by_link ON chief(link);
    INSERT OR IGNORE INTO target
      SELECT h.content, h.path, h.member, h.mode, h.owner, h.seconds, h.nanoseconds, h.attributes, h.sparse, 0, 0
      FROM chief c JOIN hard h ON h.path = c.path;
    DELETE FROM hard WHERE path IN (SELECT path FROM chief);
    UPDATE hard SET link = (SELECT c.path FROM chief c WHERE c.link = hard.link)
      WHERE link IN (SELECT link FROM chief);
    DROP TABLE chief;
  `)
  planNodeLinks(catalog, plan, backup)
}

interface NodeRow {
  readonly type: string
  readonly link: string | Uint8Array | null
  readonly device: string | null
}

/** The same for other types. The type is in the row of the target, not of the link. */
function planNodeLinks(catalog: Database.Database, plan: Database.Database, backup: number): void {
  const orphans = plan.prepare(
    `SELECT link, min(path) AS path FROM hard h WHERE content IS NULL
      AND NOT EXISTS (SELECT 1 FROM target t WHERE t.path = h.link)
      AND NOT EXISTS (SELECT 1 FROM node n WHERE n.path = h.link) GROUP BY link`,
  )
  const find = catalog.prepare(
    'SELECT type, link, device FROM entry WHERE path = ? AND first <= ? AND (last IS NULL OR last >= ?)',
  )
  const add = plan.prepare(
    `INSERT INTO node SELECT path, @type, mode, owner, seconds, nanoseconds, attributes, @link, @device
      FROM hard WHERE path = @path ON CONFLICT DO NOTHING`,
  )
  const remove = plan.prepare('DELETE FROM hard WHERE path = ?')
  const lead = plan.prepare('UPDATE hard SET link = ? WHERE link = ? AND content IS NULL')
  for (const orphan of orphans.all() as { link: string | Uint8Array; path: string | Uint8Array }[]) {
    const node = find.get(orphan.link, backup, backup) as NodeRow | undefined
    if (node === undefined || !linkedNodes.has(node.type)) continue // makeFileLinks reports it
    add.run({ ...node, path: orphan.path })
    remove.run(orphan.path)
    lead.run(orphan.path, orphan.link)
  }
}
