/**
 * Checks the large tables row by row as they are read, so that looking up one path does not read millions of
 * rows. Views of the same names hide these tables. Every statement with these names reads through the views,
 * with the same indexes.
 */

import type Database from 'better-sqlite3'
import { catalogTables, type Table } from './check-schema.ts'
import { faultsOf } from './check-values.ts'

/** The other tables are small, and are checked when the catalog is opened. */
const checkedAsRead: ReadonlySet<string> = new Set(['entry', 'content', 'attribute', 'problem', 'unfinished'])

/** The tables whose rows are checked when the catalog is opened. */
export const checkedAtOnce = (withPieces = false): readonly Table[] =>
  catalogTables(withPieces).filter(({ name }) => !checkedAsRead.has(name))

/** One row in this many is counted, at random, for all of them. */
const sample = 1024
/** Bytes per row, without its texts. */
const rowBytes = 64
/**
 * Commands read a sound catalog a few times from end to end. Shared pages, which make endless trees, are not
 * searched for. Reading more than this proves one.
 */
const maxReadings = 64
const allowedBytes = 16e6

/**
 * Makes statements on `db` throw the error of `damaged` if a row of these tables is invalid, or if more rows
 * come than `fileBytes` can hold. `db` must not be `query_only` yet.
 */
export function checkAsRead(db: Database.Database, fileBytes: number, damaged: (why: string) => Error): void {
  let left = allowedBytes + maxReadings * fileBytes
  db.function('butcher_wrong', (where) => {
    throw damaged(`it has a wrong value in ${String(where)}`)
  })
  db.function('butcher_count', (textBytes) => {
    left -= sample * (rowBytes + Number(textBytes))
    if (left < 0) throw damaged('its pages are not in order')
    return 1
  })
  for (const table of catalogTables()) {
    if (checkedAsRead.has(table.name)) db.exec(checkingView(table))
  }
}

/**
 * Two conditions, which call a function only on a fault. SQLite tests the first one before the conditions of
 * the statement, so it counts all rows. It tests the second one after them, because it is a subquery, so it
 * checks only returned rows.
 */
function checkingView(table: Table): string {
  const names = table.columns.map(({ name }) => `"${name}"`)
  const texts = table.columns.flatMap(({ name, type }) =>
    type === 'INTEGER' ? [] : [`coalesce(octet_length("${name}"), 0)`],
  )
  const faults = faultsOf(table).map(({ sql, where }) => `WHEN ${sql} THEN butcher_wrong('${where}')`)
  return `CREATE TEMP VIEW "${table.name}" AS SELECT ${names.join(', ')} FROM main."${table.name}"
    WHERE CASE WHEN random() & ${sample - 1} = 0 THEN butcher_count(${texts.join(' + ')}) ELSE 1 END
    AND (SELECT CASE ${faults.join(' ')} ELSE 1 END)`
}
