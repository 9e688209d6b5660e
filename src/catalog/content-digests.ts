/**
 * Contents by size and hash. An index in the catalog would be nearly half of what it takes on every disc, as hashes do not
 * compress; so what is looked for is collected when it is needed, by one scan, into a temporary table.
 */

import type Database from 'better-sqlite3'

/**
 * Makes the table `temp.digest` of the contents whose hash is known and whose size is among `sizes`: a query of one column,
 * and the values that it takes.
 */
export function collectDigests(db: Database.Database, sizes: string, values: readonly unknown[] = []): void {
  // Of a connection that only reads, the temporary tables are all that it may write.
  const queryOnly = db.pragma('query_only', { simple: true }) as number
  db.pragma('query_only = OFF')
  db.exec(`CREATE TEMP TABLE IF NOT EXISTS digest(size INTEGER, hash BLOB, id INTEGER, PRIMARY KEY(size, hash, id)) WITHOUT ROWID;
    DELETE FROM temp.digest`)
  // Mostly there is nothing to look for, and no scan.
  const insert = `INSERT INTO temp.digest SELECT size, hash, id FROM content
    WHERE hash IS NOT NULL AND size IN (${sizes}) ORDER BY size, hash, id`
  if (db.prepare(`SELECT 1 FROM (${sizes})`).get(...values) !== undefined) db.prepare(insert).run(...values)
  db.pragma(`query_only = ${queryOnly}`)
}
