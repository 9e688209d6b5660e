/** What of a backup the catalog has: of one that is not complete, what earlier runs stored. */

import type { Catalog } from './working-catalog.ts'

/** Bytes of the files that are new or changed in the backup and recorded, and of the parts stored of others. */
export function recordedBytes(db: Catalog, backup: number): number {
  const isAny = db.prepare('SELECT 1 FROM chunk WHERE backup = ? LIMIT 1').get(backup)
  if (isAny === undefined) return 0
  const files = db.prepare(`SELECT coalesce(sum(size), 0) FROM entry WHERE first = ? AND type = 'file'`)
  const parts = db.prepare(`SELECT coalesce(sum(p.size), 0) FROM unfinished u
    JOIN part p ON p.content = u.content JOIN chunk c ON c.number = p.chunk WHERE c.backup = ?`)
  return (files.pluck().get(backup) as number) + (parts.pluck().get(backup) as number)
}
