/**
 * Checks that a SQLite file has exactly a catalog's tables: no view instead of a table, no trigger, no
 * virtual table, no computed column. The expected schema is the one in `src/format/catalog-schema.ts`.
 */

import type Database from 'better-sqlite3'
import { pieceTables, piecesVersion, tables, views, viewsWithPieces } from '../format/catalog-schema.ts'
import { showPath } from '../format/path-text.ts'
import { openDatabase } from '../sqlite/open-database.ts'

export interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: 0 | 1
  readonly pk: number
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
}

interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly table: string
  readonly sql: string | null
}

interface Expected {
  readonly tables: readonly Table[]
  readonly objects: ReadonlyMap<string, SchemaObject>
}

const known = new Map<boolean, Expected>()

/** The tables of a catalog, with their columns. */
export const catalogTables = (withPieces = false): readonly Table[] => expected(withPieces).tables

/** `withPieces`: of a catalog with contents in pieces. */
function expected(withPieces: boolean): Expected {
  const before = known.get(withPieces)
  if (before !== undefined) return before
  const db = openDatabase(':memory:')
  try {
    db.exec(withPieces ? tables + pieceTables + viewsWithPieces : tables + views)
    const objects = objectsOf(db)
    const names = objects.filter(({ type }) => type === 'table').map(({ name }) => name)
    const found = {
      tables: names.map((name) => ({ name, columns: columnsOf(db, name) })),
      objects: new Map(objects.map((object) => [object.name, object])),
    }
    known.set(withPieces, found)
    return found
  } finally {
    db.close()
  }
}

/** The fault in the schema of `db`, in words, or undefined. Opens no table. */
export function schemaFault(db: Database.Database): string | undefined {
  if (db.pragma('encoding', { simple: true }) !== 'UTF-8') return 'its text is not UTF-8'
  const withPieces = db.pragma('user_version', { simple: true }) === piecesVersion
  const { objects } = expected(withPieces)
  const found = objectsOf(db)
  const names = new Set(found.map(({ name }) => name))
  for (const { type, name } of objects.values()) {
    if (type === 'table' && !names.has(name)) return `it has no table ${name}`
  }
  for (const object of found) {
    const fault = objectFault(db, object, objects.get(object.name), withPieces)
    if (fault !== undefined) return fault
  }
  const lost = [...objects.values()].find(({ type, name }) => type !== 'view' && !names.has(name))
  return lost && `it has no ${lost.type} ${lost.name}`
}

function objectFault(
  db: Database.Database,
  found: SchemaObject,
  wanted: SchemaObject | undefined,
  withPieces: boolean,
): string | undefined {
  const shown = `${showPath(String(found.type)).slice(0, 20)} ${showPath(String(found.name)).slice(0, 60)}`
  if (wanted === undefined) return `it has a ${shown}, which no catalog has`
  if (found.type !== wanted.type || found.table !== wanted.table) {
    return `its ${wanted.name} is not a ${wanted.type} of a butcher catalog`
  }
  // Views are for users; butcher does not read them.
  if (found.type === 'view' || normal(found.sql) === normal(wanted.sql)) return undefined
  if (found.type === 'table' && normal(found.sql)?.startsWith('CREATE TABLE ')) {
    const columns = new Set(columnsOf(db, found.name).map(({ name }) => name))
    const missing = expected(withPieces)
      .tables.find(({ name }) => name === found.name)
      ?.columns.find(({ name }) => !columns.has(name))
    if (missing) return `its table ${found.name} has no column ${missing.name}: an earlier butcher wrote it`
  }
  return `its ${shown} is not as a catalog has it`
}

const objectsOf = (db: Database.Database): SchemaObject[] =>
  db.prepare('SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema').all() as SchemaObject[]

const columnsOf = (db: Database.Database, table: string): Column[] =>
  db.prepare('SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?)').all(table) as unknown as Column[]

const normal = (sql: string | null): string | null =>
  typeof sql === 'string' ? sql.replace(/\s+/g, ' ').trim() : null
