/** A checked catalog for other threads: each needs a connection of its own. */

import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { openDatabase } from '../sqlite/open-database.ts'
import { hideForgotten } from './marks.ts'
import { tables } from '../format/catalog-schema.ts'

/** A plain catalog is opened in place. One that was unpacked exists in memory only. */
export type SharedCatalog = ({ readonly file: string } | { readonly bytes: Uint8Array }) & {
  /** Forgotten backups are there like others. */
  readonly forgotten: boolean
}

/**
 * For a catalog that `openCatalog` opened with the checks `whole`. `stays`: its file is not removed after
 * use.
 */
export function shareCatalog(db: Database.Database, forgotten: boolean, stays = true): SharedCatalog {
  // The unpacked copy of a packed catalog has lost its name already.
  return stays && fs.existsSync(db.name) ? { file: db.name, forgotten } : { bytes: db.serialize(), forgotten }
}

const ofDiscs = ['meta', 'disc', 'copy', 'spare', 'chunk']

/** Only the tables that are needed to find discs and chunks. They are small. */
export function shareDiscs(db: Database.Database): SharedCatalog {
  const part = openDatabase(':memory:')
  try {
    part.exec(tables)
    for (const table of ofDiscs) {
      const rows = db.prepare(`SELECT * FROM ${table}`).raw().all() as unknown[][]
      const [first] = rows
      if (first === undefined) continue
      const add = part.prepare(`INSERT INTO ${table} VALUES (${first.map(() => '?').join(', ')})`)
      part.transaction(() => {
        for (const row of rows) add.run(...row)
      })()
    }
    return { bytes: part.serialize(), forgotten: true }
  } finally {
    part.close()
  }
}

/** Reading it from a file takes a lock for each statement. */
const mostInMemoryBytes = 32 << 20

export function openShared(catalog: SharedCatalog): Database.Database {
  const db = openDatabase(...sourceOf(catalog))
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  db.pragma('cache_size = -16000')
  if (!catalog.forgotten) hideForgotten(db)
  db.pragma('query_only = ON')
  return db
}

function sourceOf(catalog: SharedCatalog): [string | Buffer, Database.Options?] {
  if ('bytes' in catalog) return [Buffer.from(catalog.bytes)]
  const { file } = catalog
  if (fs.statSync(file).size <= mostInMemoryBytes) return [fs.readFileSync(file)]
  return [file, { readonly: true }]
}
