/** Opening a catalog to read it: somebody else may have made the file, and it may lie on a medium of glass. */

import Database from 'better-sqlite3'
import { ButcherError } from '../errors.ts'
import { catalogApplicationId, catalogVersion } from '../format/catalog-schema.ts'

export interface CatalogMeta {
  readonly setId: string
  readonly hash: 'sha256' | 'sha512'
  readonly encryption: string
  /** How often the catalog was written: of two of one set the higher is the newer. */
  readonly revision: number
}

/**
 * Opens the SQLite file `file` read-only; nothing is written, not beside it either. `name` is what errors call it.
 * Throws `catalog` where it is no SQLite file, none of ours, or of a newer format.
 */
export function openCatalogFile(file: string, name = file): Database.Database {
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true, fileMustExist: true })
    db.pragma('trusted_schema = OFF')
    db.pragma('query_only = ON')
    db.pragma('cell_size_check = ON')
    db.pragma('cache_size = -16000')
    checkFormat(db, name)
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof ButcherError) throw cause
    throw new ButcherError('catalog', `${name} is damaged or no catalog of butcher`, { path: name, cause })
  }
}

/** Throws `catalog` where one of the entries is missing or senseless. */
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

const neededTables = [
  'meta',
  'backup',
  'disc',
  'chunk',
  'content',
  'part',
  'owner',
  'entry',
  'root',
  'problem',
]

function checkFormat(db: Database.Database, name: string): void {
  if (db.pragma('application_id', { simple: true }) !== catalogApplicationId) {
    throw new ButcherError('catalog', `${name} is a database, but no catalog of butcher`, { path: name })
  }
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > catalogVersion) {
    throw new ButcherError('catalog', `${name} is of format ${version}, newer than this butcher knows`, {
      path: name,
      hint: 'use the butcher that wrote it, or a newer one',
    })
  }
  const tables = new Set(db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all())
  const missing = neededTables.find((table) => !tables.has(table))
  if (missing !== undefined) {
    throw new ButcherError('catalog', `${name} is damaged: it has no table ${missing}`, { path: name })
  }
}
