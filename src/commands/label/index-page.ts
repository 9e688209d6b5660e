/** `butcher index`: a page to browse a set in a web browser. */

import fs from 'node:fs'
import path from 'node:path'
import { entryCount } from '../../catalog/previous-entries.ts'
import { backupRows } from '../../catalog/set-rows.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import type { WrittenPage } from '../../index-page/write-page.ts'
import { keepOwnerAtTop } from '../../set/destination.ts'
import { isWithin } from '../../files/is-within.ts'
import type { OpenCatalog } from '../../set/open-catalog.ts'
import { writeIndexPage } from '../../set/write-index-page.ts'

export interface IndexOptions {
  readonly catalog: Pick<OpenCatalog, 'db' | 'meta' | 'folders'>
  /** The page to write. */
  readonly out: string
  readonly overwrite?: boolean
  readonly signal?: AbortSignal
}

export interface MadeIndex extends WrittenPage {
  readonly file: string
  /** Number of backups. */
  readonly backups: number
  /** Number of versions of paths. */
  readonly entries: number
}

/**
 * Writes the page, unencrypted even for an encrypted set. Rejects with `usage`, `exists`, `io`, `no-space`,
 * `aborted`.
 */
export async function makeIndex({ catalog, out, overwrite, signal }: IndexOptions): Promise<MadeIndex> {
  const file = path.resolve(out)
  const inDisc = catalog.folders.find((folder) => isWithin(folder, path.dirname(file)))
  if (inDisc !== undefined) {
    throw new ButcherError('usage', `${out} is on the disc ${inDisc}, which stays as it is`, { path: out })
  }
  if (fs.existsSync(file) && overwrite !== true) {
    throw new ButcherError('exists', `${out} exists already`, { path: out, hint: '--overwrite replaces it' })
  }
  // It has another name until it is complete: an old page stays until then.
  const draft = `${file}.part-${process.pid}`
  const page = (await writeIndexPage(catalog.db, catalog.meta.setId, draft, { signal })) as WrittenPage
  try {
    keepOwnerAtTop(draft)
    fs.renameSync(draft, file)
  } catch (error) {
    fs.rmSync(draft, { force: true })
    throw asButcherError(error, 'cannot write', file)
  }
  const entries = entryCount(catalog.db)
  return { file: out, ...page, entries, backups: backupRows(catalog.db).length }
}
