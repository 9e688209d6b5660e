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
  const entries = catalog.prepare('SELECT count(*) FROM entry').pluck().get() as number
  const sums = catalog.prepare(
    `SELECT chunk, total(size) AS bytes FROM
      (SELECT chunk, size FROM content WHERE chunk IS NOT NULL UNION ALL SELECT chunk, size FROM part) GROUP BY chunk`,
  )
  const add = plan.prepare(
    'INSERT INTO allowance SELECT number, ? FROM chunk WHERE number = ? ON CONFLICT DO NOTHING',
  )
  for (const { chunk, bytes } of sums.iterate() as Iterable<{ chunk: number; bytes: number }>) {
    add.run(2 * bytes + entries * entryBytes + otherBytes, chunk)
  }
}

/** At most so many bytes are read out of `chunk`. */
export const allowanceOf = (plan: Database.Database, chunk: number): number =>
  (plan.prepare('SELECT bytes FROM allowance WHERE chunk = ?').pluck().get(chunk) as number | undefined) ??
  otherBytes
