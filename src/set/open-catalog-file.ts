/** Opens one catalog, plain or packed, from a folder or an image. */

import { createHash } from 'node:crypto'
import path from 'node:path'
import type Database from 'better-sqlite3'
import type { CatalogCandidate } from '../catalog/find-catalogs.ts'
import { type CatalogChecks, type CatalogMeta, openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import type { PassphraseForm } from '../crypto/passphrase-forms.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { holdFile } from '../media/away-files.ts'
import { bytesOf, isInImage } from '../media/disc-files.ts'
import { catalogCacheOf } from './catalog-cache.ts'
import { firstBytes, isOpenPgp, isSqlite, unpackCatalog, usesWriteAheadLog } from './unpack-catalog.ts'

export interface OpenedCatalog {
  readonly db: Database.Database
  readonly meta: CatalogMeta
  /** The file that it was read from. */
  readonly origin: string
  /** The form of the passphrase that opened it, if it differs from the given one. */
  readonly form: PassphraseForm | undefined
}

export async function openCandidate(
  file: string,
  secrets: OpenedSecrets,
  checks: CatalogChecks,
  signal: AbortSignal | undefined,
): Promise<OpenedCatalog> {
  await holdFile(file, signal) // of a set in a store, until that is let go
  const head = firstBytes(file)
  if (isSqlite(head) && !usesWriteAheadLog(head) && !isInImage(file)) {
    return withMeta(openCatalogFile(file, file, checks), file, undefined)
  }
  // The open catalog does not need its name, so the folder is removed at once.
  using tempDir = makeTempDir('catalog')
  const copy = path.join(tempDir.folder, 'catalog.sqlite')
  const cache = isInImage(file) || !isOpenPgp(head) ? undefined : await catalogCacheOf(file, secrets)
  if (cache?.load(copy, signal)) return withMeta(openCatalogFile(copy, file, checks), file, cache.form)
  const form = await unpackCatalog(file, secrets, copy, signal)
  const opened = withMeta(openCatalogFile(copy, file, checks), file, form)
  cache?.save(copy) // it is sound
  return opened
}

function withMeta(db: Database.Database, origin: string, form: PassphraseForm | undefined): OpenedCatalog {
  try {
    return { db, meta: readMeta(db, origin), origin, form }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Equal for equal files. A checksum on the disc saves reading the file. */
export async function identityOf(candidate: CatalogCandidate): Promise<string> {
  if (candidate.listedSha256 !== undefined) return `${candidate.sizeBytes} ${candidate.listedSha256}`
  try {
    const hash = createHash('sha256')
    for await (const bytes of bytesOf(candidate.file)) hash.update(bytes)
    return `${candidate.sizeBytes} ${hash.digest('hex')}`
  } catch {
    return candidate.file // opening it will say what is wrong
  }
}
