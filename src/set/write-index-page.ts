/** The page to browse a set in a web browser: index.html of each disc, and of `butcher index`. */

import type Database from 'better-sqlite3'
import { indexRows } from '../catalog/index-rows.ts'
import { discRows, visibleBackupRows } from '../catalog/set-rows.ts'
import type { PageHeader } from '../index-page/page-data.ts'
import { writePage, type WrittenPage } from '../index-page/write-page.ts'

/** Writes the page of a set to `file`; undefined if it would be larger than `maxBytes`. */
export function writeIndexPage(
  db: Database.Database,
  setId: string,
  file: string,
  options: { readonly maxBytes?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<WrittenPage | undefined> {
  return writePage(file, pageHeader(db, setId), indexRows(db), options)
}

const pageHeader = (db: Database.Database, setId: string): PageHeader => ({
  set: setId,
  backups: visibleBackupRows(db).map(({ number, name, started }) => ({ number, name, started })),
  discs: Object.fromEntries(discRows(db).map(({ number, label }) => [number, label])),
})
