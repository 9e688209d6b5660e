/**
 * Limits the bytes that a chunk may decompress to: a few hundred bytes can become terabytes. The catalog
 * knows a chunk's content, except headers, the manifest, and files that became shorter while they were read.
 */

import type Database from 'better-sqlite3'

const otherBytes = 16 * 2 ** 30
const entryBytes = 16 * 2 ** 10

/** Bytes that may follow the end of a tar: some writers fill up to a boundary. */
export const maxTrailingBytes = 2 ** 20

/** Writes into `plan`, for each chunk, twice the bytes that `catalog` lists for it, and a reserve. */
export function planAllowances(catalog: Database.Database, plan: Database.Database): void {
  const entries = entryCount(catalog)
  const sums = catalog.prepare(
    `SELECT chunk, total(size) AS bytes FROM
      (SELECT chunk, size FROM content UNION ALL SELECT chunk, size FROM main.part)
      WHERE chunk IN (SELECT value FROM json_each(?)) GROUP BY chunk`,
  )
  const chunks = JSON.stringify(plan.prepare('SELECT number FROM chunk').pluck().all())
  const add = plan.prepare(
    'INSERT INTO allowance SELECT number, ? FROM chunk WHERE number = ? ON CONFLICT DO NOTHING',
  )
  for (const { chunk, bytes } of sums.iterate(chunks) as Iterable<{ chunk: number; bytes: number }>) {
    add.run(2 * bytes + entries * entryBytes + otherBytes, chunk)
  }
}

/**
 * Counts without reading rows, so no row is checked. If a damaged catalog uses pages twice, the file's length
 * still limits the count.
 */
function entryCount(catalog: Database.Database): number {
  const [pages, bytes] = ['page_count', 'page_size'].map(
    (name) => catalog.pragma(name, { simple: true }) as number,
  )
  const most = Math.ceil(((pages as number) * (bytes as number)) / minEntryBytes)
  return catalog
    .prepare('SELECT count(*) FROM (SELECT 1 FROM main.entry LIMIT ?)')
    .pluck()
    .get(most) as number
}

const minEntryBytes = 16

/** The most bytes that may be read out of `chunk`. */
export const allowanceOf = (plan: Database.Database, chunk: number): number =>
  (plan.prepare('SELECT bytes FROM allowance WHERE chunk = ?').pluck().get(chunk) as number | undefined) ??
  otherBytes
