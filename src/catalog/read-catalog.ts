/** Opens a catalog for reading. The file may be hostile, and may be on read-only media. */

import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { ButcherError } from '../errors.ts'
import { catalogApplicationId, piecesVersion } from '../format/catalog-schema.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { checkAsRead, checkedAtOnce } from './check-as-read.ts'
import { catalogTables, schemaFault, type Table } from './check-schema.ts'
import { valueFault } from './check-values.ts'
import { hasPieceTable, showPiecesAsParts } from './piece-rows.ts'
import { hasSmallSchema } from './schema-pages.ts'

export interface CatalogMeta {
  readonly setId: string
  readonly hash: 'sha256' | 'sha512'
  readonly encryption: string
  /** Counts the writes of the catalog: of two catalogs of a set, the higher one is newer. */
  readonly revision: number
}

/**
 * The checks when a catalog is opened. `whole`: all tables. `as-read`: small tables at once, and rows of
 * large tables when they are read. Then every statement may throw `catalog`. It must name these tables
 * without `main.`, which would bypass the checks.
 */
export type CatalogChecks = 'whole' | 'as-read'

/**
 * Opens the SQLite file `file` read-only. Nothing is written, not even beside it. `name`: its name in errors.
 * Readers can rely on our tables, on values of the columns' types, and on finite page trees. Throws `catalog`
 * if it is not a SQLite file, not a catalog, or of a newer format.
 */
export function openCatalogFile(
  file: string,
  name = file,
  checks: CatalogChecks = 'whole',
): Database.Database {
  let db: Database.Database | undefined
  try {
    if (!hasSmallSchema(file)) throw damaged(name, 'it has too many tables')
    db = openDatabase(path.resolve(file), { readonly: true })
    db.pragma('trusted_schema = OFF')
    db.pragma('cell_size_check = ON')
    db.pragma('cache_size = -16000')
    checkFormat(db, name)
    if (checks === 'whole') checkWhole(db, name)
    else checkSmall(db, name, fs.statSync(file).size)
    showPiecesAsParts(db)
    db.pragma('query_only = ON')
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof ButcherError) throw cause
    throw new ButcherError('catalog', `${name} is damaged or no catalog of butcher`, { path: name, cause })
  }
}

/** Throws `catalog` if an entry is missing or invalid. */
export function readMeta(db: Database.Database, name: string): CatalogMeta {
  const rows = db.prepare('SELECT key, value FROM meta').raw().all() as [string, unknown][]
  const meta = new Map(rows.map(([key, value]) => [key, value === null ? '' : String(value)]))
  const setId = meta.get('set') ?? ''
  const hash = meta.get('hash')
  const revision = Number(meta.get('revision') ?? Number.NaN)
  if (setId === '' || (hash !== 'sha256' && hash !== 'sha512') || !Number.isFinite(revision)) {
    throw new ButcherError('catalog', `${name} is damaged: it does not say what set it is of`, { path: name })
  }
  return { setId, hash, encryption: meta.get('encryption') ?? 'none', revision }
}

function checkFormat(db: Database.Database, name: string): void {
  if (db.pragma('application_id', { simple: true }) !== catalogApplicationId) {
    throw new ButcherError('catalog', `${name} is a database, but no catalog of butcher`, { path: name })
  }
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > piecesVersion) {
    throw new ButcherError('catalog', `${name} is of format ${version}, newer than this butcher knows`, {
      path: name,
      hint: 'use the butcher that wrote it, or a newer one',
    })
  }
  const fault = schemaFault(db)
  if (fault !== undefined) throw damaged(name, fault)
}

function checkWhole(db: Database.Database, name: string): void {
  checkPages(db, name, '1')
  checkValues(db, name, catalogTables(hasPieceTable(db)))
}

function checkSmall(db: Database.Database, name: string, fileBytes: number): void {
  const atOnce = checkedAtOnce(hasPieceTable(db))
  for (const table of atOnce) checkPages(db, name, `'${table.name}'`)
  checkValues(db, name, atOnce)
  checkAsRead(db, fileBytes, (why) => damaged(name, why))
}

/**
 * Shared pages make endless trees out of a small file. `what`: a table, or the number of faults to look for.
 */
function checkPages(db: Database.Database, name: string, what: string): void {
  const [sound] = db.pragma(`quick_check(${what})`) as { quick_check: string }[]
  if (sound?.quick_check !== 'ok') throw damaged(name, 'its pages are not in order')
}

function checkValues(db: Database.Database, name: string, tables: readonly Table[]): void {
  const wrong = valueFault(db, tables)
  if (wrong !== undefined) throw damaged(name, `it has a wrong value in ${wrong}`)
}

const damaged = (name: string, why: string): ButcherError =>
  new ButcherError('catalog', `${name} is damaged or no catalog of butcher: ${why}`, {
    path: name,
    hint: 'every disc carries a catalog: name another disc, or one with --index',
  })
