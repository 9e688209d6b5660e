/**
 * Checks that the values in a catalog have the types and sizes of their columns: SQLite lets any column hold
 * anything.
 */

import type Database from 'better-sqlite3'
import type { Column, Table } from './check-schema.ts'

/** Longer than any path that a system opens (4,096 bytes) with one more name appended. */
export const maxNameBytes = 8192
/** For settings, attributes and lists of discs. */
const maxLongBytes = 16 << 20
const longColumns = new Set(['attribute.data', 'spare.discs'])
/** SHA-512. */
const maxHashBytes = 64

/** Columns with a name or a line of text. Other columns may be long. */
const nameColumns = new Set([
  'path', 'link', 'member', 'name', 'label', 'medium', 'state', 'location', 'source', 'user', 'grp', 'message', 'type',
  'device', 'key', 'burner', 'result',
]) // prettier-ignore
const hashColumns = new Set(['hash', 'sha256'])
/** Milliseconds since 1970, within the range of a date: 271,821 BC to 275,760 AD. */
const millisecondColumns = new Set([
  'backup.started', 'backup.finished', 'disc.burned', 'disc.verified', 'copy.burned', 'copy.verified', 'reading.at',
  'spare.created',
]) // prettier-ignore
const maxMilliseconds = 8.64e15
/** Counts and bytes: integers that JavaScript can hold exactly. */
const countColumns = new Set([
  'backup.number', 'backup.files', 'backup.bytes', 'disc.number', 'disc.capacity', 'disc.bytes', 'chunk.number',
  'chunk.disc', 'chunk.bytes', 'chunk.backup', 'content.id', 'content.size', 'content.parts', 'content.chunk', 'part.content',
  'part.part', 'part.chunk', 'part.offset', 'part.size', 'entry.first', 'entry.last', 'entry.size', 'entry.content',
  'entry.owner', 'entry.attributes', 'owner.id', 'attribute.id', 'root.attributes', 'root.backup', 'root.owner', 'problem.backup', 'unfinished.content', 'copy.disc', 'copy.copy', 'reading.disc',
  'reading.copy', 'reading.bytes', 'reading.damaged', 'spare.number', 'spare.bytes', 'entry.sparse', 'entry.attributes',
  'piece.content', 'piece.part', 'piece.count', 'piece.stored',
  'root.attributes', 'attribute.id',
]) // prettier-ignore

/** A condition in SQL that is true for an invalid value, and its location as `column of table`. */
export interface Fault {
  readonly sql: string
  readonly where: string
}

/** The location of the first invalid value as `column of table`, or undefined. Reads all tables once. */
export function valueFault(db: Database.Database, tables: readonly Table[]): string | undefined {
  for (const table of tables) {
    const faults = faultsOf(table)
    const conditions = faults.map(({ sql }) => sql)
    const sql = `SELECT ${conditions.join(', ')} FROM "${table.name}" WHERE ${conditions.join(' OR ')} LIMIT 1`
    const row = db.prepare(sql).raw().get() as unknown[] | undefined
    const at = row?.findIndex((fault) => fault !== 0 && fault !== null) ?? -1
    if (at >= 0) return faults[at]?.where
  }
  return undefined
}

/** The possible faults in the values of one row. Lengths come first, so that a long value is never loaded. */
export function faultsOf({ name, columns }: Table): readonly Fault[] {
  return columns.flatMap((column) => {
    const where = `${column.name} of table ${name}`
    const range = rangeOf(name, column)
    const kind = kindOf(name, column)
    return [range, kind].flatMap((sql) => (sql === undefined ? [] : [{ sql: `(${sql})`, where }]))
  })
}

/**
 * Comparisons check most types in a tenth of the time of `typeof`: SQLite sorts numbers below texts, and
 * texts below blobs. The plus stops a column from converting the other value first. NULL is neither true nor
 * false.
 */
function kindOf(table: string, { name, type, notnull, pk }: Column): string | undefined {
  const column = `"${name}"`
  if (table === 'meta' && name === 'value') return undefined
  // The key of a rowid table is never null, whatever its declaration says.
  const missing = notnull === 0 && pk === 0 ? undefined : `${column} IS NULL`
  if (type === 'INTEGER' || type === 'REAL' || longColumns.has(`${table}.${name}`)) {
    const wrong = `typeof(${column}) <> '${type.toLowerCase()}'`
    return missing === undefined ? `${column} IS NOT NULL AND ${wrong}` : wrong
  }
  const wrong =
    type === 'TEXT'
      ? `+${column} < '' OR +${column} >= x''`
      : type === 'BLOB'
        ? `+${column} < x''`
        : `+${column} < ''`
  return missing === undefined ? wrong : `${missing} OR ${wrong}`
}

function rangeOf(table: string, { name, type }: Column): string | undefined {
  const full = `${table}.${name}`
  const column = `"${name}"`
  if (full === 'meta.value' || longColumns.has(full)) return `octet_length(${column}) > ${maxLongBytes}`
  if (countColumns.has(full)) return `${column} NOT BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`
  if (millisecondColumns.has(full)) return `${column} NOT BETWEEN ${-maxMilliseconds} AND ${maxMilliseconds}`
  if (type === 'INTEGER' || type === 'REAL') return undefined
  if (hashColumns.has(name)) return `octet_length(${column}) > ${maxHashBytes}`
  return nameColumns.has(name) ? `octet_length(${column}) > ${maxNameBytes}` : undefined
}
