import type Database from 'better-sqlite3'

/**
 * The chunks that were missing in a rebuild, as text, if they may belong to `backup`: the catalog does not
 * know the paths that only they have. Later backups compared the source with the known paths, and are
 * complete.
 */
export function unknownChunks(db: Database.Database, backup: number): string | undefined {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').pluck()
  const missing = value.get('missing')
  if (missing === undefined || backup > Number(value.get('missing_until') ?? 0)) return undefined
  const next = db.prepare('SELECT min(number) FROM chunk WHERE backup > ?').pluck().get(backup) as
    number | null
  const concerned = String(missing)
    .split(', ')
    .filter((range) => Number.parseInt(range) < (next ?? Infinity))
  return concerned.length === 0 ? undefined : concerned.join(', ')
}
