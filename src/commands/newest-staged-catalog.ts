/** Where the destination's own catalog is lost, those of its discs are next best. */

import fs from 'node:fs'
import path from 'node:path'
import { openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { discFolder, stagedCatalogFile } from '../format/layout.ts'
import type { Destination } from './destination.ts'
import { unpackCatalog } from './unpack-catalog.ts'

/**
 * The newest of the catalogs on the discs in a destination, undefined where there is none: a disc that is burned keeps the
 * one it was burned with, so it is not always the last disc's. Unpacks them into `scratch`, and removes them there again.
 * Throws `secret`.
 */
export async function newestStagedCatalog(
  destination: Destination,
  options: Secrets & { readonly signal?: AbortSignal },
  scratch: string,
): Promise<string | undefined> {
  const names = [stagedCatalogFile(true), stagedCatalogFile(false)]
  const files = destination.discs
    .flatMap((disc) => names.map((name) => path.join(destination.folder, discFolder(disc), name)))
    .filter((file) => fs.existsSync(file))
  if (files.length < 2) return files[0]
  let newest: { readonly file: string; readonly revision: number } | undefined
  for (const file of files) {
    const revision = await revisionOf(file, options, path.join(scratch, 'staged.sqlite'))
    if (revision !== undefined && revision >= (newest?.revision ?? 0)) newest = { file, revision }
  }
  // Where none can be read, the last one says why.
  return newest?.file ?? files.at(-1)
}

/** Undefined of a catalog that cannot be read. */
async function revisionOf(
  file: string,
  options: Secrets & { readonly signal?: AbortSignal },
  copy: string,
): Promise<number | undefined> {
  try {
    await unpackCatalog(file, options, copy, options.signal)
    const db = openCatalogFile(copy, file)
    try {
      return readMeta(db, file).revision
    } finally {
      db.close()
    }
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'catalog') return undefined
    throw error
  } finally {
    fs.rmSync(copy, { force: true })
  }
}
