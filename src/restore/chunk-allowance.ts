/**
 * How many bytes a chunk may give out once it is decompressed: a few hundred bytes can become terabytes. The catalog says
 * what is in a chunk but for its headers, its manifest, and files that became shorter while they were read.
 */

import type Database from 'better-sqlite3'

const otherBytes = 16 * 2 ** 30
const entryBytes = 16 * 2 ** 10

/** What may follow the end of a tar: writers fill up to some boundary. */
export const maxTrailingBytes = 2 ** 20

/** Notes in `plan`, for each of its chunks, twice what `catalog` says is in it and room for the rest. */
export function planAllowances(catalog: Database.Database, plan: Database.Database): void {
  const entries = entryCount(catalog)
  const sums = catalog.prepare(
    `SELECT chunk, total(size) AS bytes FROM
      (SELECT chunk, size FROM content UNION ALL SELECT chunk, size FROM part)
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

/** No row is read, so none is checked; pages that are used twice may make no more of them than a file of this length can hold. */
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

/** At most so many bytes are read out of `chunk`. */
export const allowanceOf = (plan: Database.Database, chunk: number): number =>
  (plan.prepare('SELECT bytes FROM allowance WHERE chunk = ?').pluck().get(chunk) as number | undefined) ??
  otherBytes
