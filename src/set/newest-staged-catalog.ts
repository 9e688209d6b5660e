/** Where the destination's own catalog is lost, those of its discs are next best. */

import fs from 'node:fs'
import path from 'node:path'
import { BranchHeads, type History, historyOf } from '../catalog/branches.ts'
import { openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { discFolder, stagedCatalogFile } from '../format/layout.ts'
import { branchError } from './branch-error.ts'
import type { Destination } from './destination.ts'
import { unpackCatalog } from './unpack-catalog.ts'

export interface StagedCatalog {
  readonly origin: string
  readonly setId: string
  readonly revision: number
  readonly history: History
}

/**
 * The newest of the catalogs on the discs in a destination, undefined where there is none: a disc that is burned keeps the
 * one it was burned with, so it is not always the last disc's. Unpacks them into `scratch`, and removes them there again.
 * Throws `secret`, and `catalog` where they are of separate branches of the set.
 */
export async function newestStagedCatalog(
  destination: Destination,
  options: Secrets & { readonly signal?: AbortSignal },
  scratch: string,
): Promise<string | undefined> {
  const files = destination.discs.flatMap((disc) =>
    stagedCatalogs(path.join(destination.folder, discFolder(disc))),
  )
  if (files.length < 2) return files[0]
  const branches = new BranchHeads<StagedCatalog>()
  for (const file of files) {
    const staged = await readStagedCatalog(file, options, scratch)
    if (staged) branches.add(staged)
  }
  if (branches.heads.length > 1) throw branchError(branches.heads, 'choose the catalog of one by --index')
  // Where none can be read, the last one says why.
  return branches.heads[0]?.origin ?? files.at(-1)
}

/** The catalogs on a disc: one, or none. */
export const stagedCatalogs = (folder: string): string[] =>
  [stagedCatalogFile(true), stagedCatalogFile(false)]
    .map((name) => path.join(folder, name))
    .filter((file) => fs.existsSync(file))

/** Undefined of a catalog that cannot be read. Throws `secret`. */
export async function readStagedCatalog(
  file: string,
  options: Secrets & { readonly signal?: AbortSignal },
  scratch: string,
): Promise<StagedCatalog | undefined> {
  const copy = path.join(scratch, 'staged.sqlite')
  try {
    await unpackCatalog(file, options, copy, options.signal)
    return readHistory(copy, file)
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'catalog') return undefined
    throw error
  } finally {
    fs.rmSync(copy, { force: true })
  }
}

/** Of a catalog in plain. `origin` is what errors call it. */
export function readHistory(file: string, origin: string): StagedCatalog {
  const db = openCatalogFile(file, origin)
  try {
    const { setId, revision } = readMeta(db, origin)
    return { origin, setId, revision, history: historyOf(db) }
  } finally {
    db.close()
  }
}
