/** Whether the values in a catalog are of the kinds and sizes that its columns say: SQLite lets any column hold anything. */

import type Database from 'better-sqlite3'
import type { Column, Table } from './check-schema.ts'

/** Longer than any path that a system opens (4,096 bytes), with a name too many behind it. */
export const maxNameBytes = 8192
const maxMetaBytes = 16 << 20
/** SHA-512. */
const maxHashBytes = 64

/** Columns that hold a name or a line of text; what others hold may be long. */
const nameColumns = new Set([
  'path', 'link', 'member', 'name', 'label', 'medium', 'state', 'location', 'source', 'user', 'grp', 'message', 'type',
  'device', 'key', 'burner', 'result',
]) // prettier-ignore
const hashColumns = new Set(['hash', 'sha256'])
/** Milliseconds since 1970, within what a date can be: 271,821 BC to 275,760 AD. */
const millisecondColumns = new Set([
  'backup.started', 'backup.finished', 'disc.burned', 'disc.verified', 'copy.burned', 'copy.verified', 'reading.at',
  'spare.created',
]) // prettier-ignore
const maxMilliseconds = 8.64e15
/** Counted or measured in bytes: whole numbers that JavaScript has exactly. */
const countColumns = new Set([
  'backup.number', 'backup.files', 'backup.bytes', 'disc.number', 'disc.capacity', 'disc.bytes', 'chunk.number',
  'chunk.disc', 'chunk.bytes', 'chunk.backup', 'content.id', 'content.size', 'content.parts', 'content.chunk', 'part.content',
  'part.part', 'part.chunk', 'part.offset', 'part.size', 'entry.first', 'entry.last', 'entry.size', 'entry.content',
  'entry.owner', 'entry.attributes', 'owner.id', 'attribute.id', 'root.attributes', 'root.backup', 'root.owner', 'problem.backup', 'unfinished.content', 'copy.disc', 'copy.copy', 'reading.disc',
  'reading.copy', 'reading.bytes', 'reading.damaged', 'spare.number', 'spare.bytes', 'entry.sparse', 'entry.attributes',
  'root.attributes', 'attribute.id',
]) // prettier-ignore

/** The first value that no catalog has, as `column of table`, or undefined. Reads the rows of all tables once. */
export function valueFault(db: Database.Database, tables: readonly Table[]): string | undefined {
  for (const { name, columns } of tables) {
    const faults = columns.map((column) => faultOf(name, column))
    const sql = `SELECT ${faults.join(', ')} FROM "${name}" WHERE ${faults.join(' OR ')} LIMIT 1`
    const row = db.prepare(sql).raw().get() as unknown[] | undefined
    const at = row?.findIndex((fault) => fault !== 0 && fault !== null) ?? -1
    if (at >= 0) return `${columns[at]?.name} of table ${name}`
  }
  return undefined
}

/** SQL that is true of a value that does not belong into the column. */
function faultOf(table: string, { name, type, notnull, pk }: Column): string {
  const column = `"${name}"`
  const kinds = kindsOf(table, type, name)
  // The key of a table with row numbers is never null, whatever it says.
  const nullable = notnull === 0 && pk === 0
  const allowed = [...kinds, ...(nullable ? ['null'] : [])].map((kind) => `'${kind}'`).join(', ')
  const wrongKind = `typeof(${column}) NOT IN (${allowed})`
  const range = rangeOf(table, name, column, kinds)
  return range === undefined ? `(${wrongKind})` : `(${wrongKind} OR ${range})`
}

function kindsOf(table: string, type: string, name: string): readonly string[] {
  if (type === 'INTEGER') return ['integer']
  if (type === 'REAL') return ['real']
  if (type === 'TEXT') return ['text']
  if (type === 'BLOB') return ['blob']
  return table === 'meta' && name === 'value' ? ['text', 'integer', 'real', 'null'] : ['text', 'blob']
}

function rangeOf(table: string, name: string, column: string, kinds: readonly string[]): string | undefined {
  const full = `${table}.${name}`
  if (full === 'meta.value') return `octet_length(${column}) > ${maxMetaBytes}`
  if (countColumns.has(full)) return `${column} NOT BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}`
  if (millisecondColumns.has(full)) return `${column} NOT BETWEEN ${-maxMilliseconds} AND ${maxMilliseconds}`
  if (kinds.includes('integer') || kinds.includes('real')) return undefined
  if (hashColumns.has(name)) return `octet_length(${column}) > ${maxHashBytes}`
  if (full === 'attribute.data' || full === 'spare.discs') return `octet_length(${column}) > ${maxMetaBytes}`
  return nameColumns.has(name) ? `octet_length(${column}) > ${maxNameBytes}` : undefined
}
