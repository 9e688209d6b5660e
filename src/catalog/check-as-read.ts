/**
 * Checks of the tables that grow with the files of a set, row by row as they are read: who looks one path up in a catalog of
 * millions does not wait for all of them to be looked at. Views of the same names stand before these tables, and every
 * statement that names them reads through the views, by the same indexes.
 */

import type Database from 'better-sqlite3'
import { catalogTables, type Table } from './check-schema.ts'
import { faultsOf } from './check-values.ts'

/** The others are small, and are checked when the catalog is opened. */
const checkedAsRead: ReadonlySet<string> = new Set(['entry', 'content', 'attribute', 'problem', 'unfinished'])

/** The tables whose rows are checked when the catalog is opened. */
export const checkedAtOnce = (): readonly Table[] =>
  catalogTables().filter(({ name }) => !checkedAsRead.has(name))

/** One row in so many is counted, at random, for all of them. */
const sample = 1024
/** Of a row, besides its texts. */
const rowBytes = 64
/**
 * Commands read a sound catalog a few times from end to end. Pages that are used twice, which make trees without an end, are
 * not looked for: who reads more than this reads such a tree.
 */
const maxReadings = 64
const freeBytes = 16e6

/**
 * Lets statements on `db`, a connection that is not yet `query_only`, throw what `damaged` makes of it once they read a row
 * of these tables that no catalog has, or more rows than `fileBytes` can hold.
 */
export function checkAsRead(db: Database.Database, fileBytes: number, damaged: (why: string) => Error): void {
  let left = freeBytes + maxReadings * fileBytes
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
 * Two conditions, which call for help only where something is wrong. SQLite puts each row to the first before what a statement asks of
 * it, and to the second, as it is a query of its own, after that: only rows that somebody gets are checked, and all are counted.
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
