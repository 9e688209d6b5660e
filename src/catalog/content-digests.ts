/**
 * Contents by size and hash. Hashes do not compress, so an index in the catalog would be nearly half of its
 * size on every disc. Instead one scan collects the needed contents into a temporary table.
 */

import type Database from 'better-sqlite3'

/**
 * Makes the table `temp.digest` of the contents with a known hash and a size among `sizes`. `sizes`: a query
 * of one column, with its `values`.
 */
export function collectDigests(db: Database.Database, sizes: string, values: readonly unknown[] = []): void {
  // A read-only connection writes nothing but these temporary tables.
  const queryOnly = db.pragma('query_only', { simple: true }) as number
  db.pragma('query_only = OFF')
  db.exec(`CREATE TEMP TABLE IF NOT EXISTS digest(size INTEGER, hash BLOB, id INTEGER, PRIMARY KEY(size, hash, id)) WITHOUT ROWID;
    DELETE FROM temp.digest`)
  // Usually there is nothing to look for, and no scan.
  const insert = `INSERT INTO temp.digest SELECT size, hash, id FROM content
    WHERE hash IS NOT NULL AND size IN (${sizes}) ORDER BY size, hash, id`
  if (db.prepare(`SELECT 1 FROM (${sizes})`).get(...values) !== undefined) db.prepare(insert).run(...values)
  db.pragma(`query_only = ${queryOnly}`)
}
