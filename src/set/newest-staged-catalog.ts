/** If the destination's own catalog is lost, the catalogs on its discs are the next best. */

import fs from 'node:fs'
import path from 'node:path'
import { BranchHeads, type History, historyOf } from '../catalog/branches.ts'
import { openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { holdFile } from '../media/away-files.ts'
import { discFolder, stagedCatalogFile } from '../format/layout.ts'
import { branchError } from './branch-error.ts'
import type { Destination } from './destination.ts'
import { unpackCatalog } from './unpack-catalog.ts'

export interface StagedOptions {
  readonly secrets: OpenedSecrets
  readonly signal?: AbortSignal
}

export interface StagedCatalog {
  readonly origin: string
  readonly setId: string
  readonly revision: number
  readonly history: History
}

/**
 * The newest catalog on the discs in a destination; undefined if there is none. That is not always the last
 * disc's: a burned disc keeps the catalog of its burn. Unpacks them into `tempDir`, and removes them again.
 * Throws `secret`, and `catalog` if they are of separate branches of the set.
 */
export async function newestStagedCatalog(
  destination: Destination,
  options: StagedOptions,
  tempDir: string,
): Promise<string | undefined> {
  const files = destination.discs.flatMap((disc) =>
    stagedCatalogs(path.join(destination.folder, discFolder(disc))),
  )
  if (files.length < 2) return files[0]
  const branches = new BranchHeads<StagedCatalog>()
  for (const file of files) {
    const staged = await readStagedCatalog(file, options, tempDir)
    if (staged) branches.add(staged)
  }
  if (branches.heads.length > 1) throw branchError(branches.heads, 'choose the catalog of one by --index')
  // If none can be read, opening the last one gives the reason.
  return branches.heads[0]?.origin ?? files.at(-1)
}

/** The catalog on a disc, if there is one. */
export const stagedCatalogs = (folder: string): string[] =>
  [stagedCatalogFile(true), stagedCatalogFile(false)]
    .map((name) => path.join(folder, name))
    .filter((file) => fs.existsSync(file))

/** Undefined if the catalog cannot be read. Throws `secret`. */
export async function readStagedCatalog(
  file: string,
  { secrets, signal }: StagedOptions,
  tempDir: string,
): Promise<StagedCatalog | undefined> {
  const copy = path.join(tempDir, 'staged.sqlite')
  const release = await holdFile(file, signal) // of a set in a store
  try {
    await unpackCatalog(file, secrets, copy, signal)
    return readHistory(copy, file)
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'catalog') return undefined
    throw error
  } finally {
    release()
    fs.rmSync(copy, { force: true })
  }
}

/** For an unpacked catalog. `origin`: its name in error messages. */
export function readHistory(file: string, origin: string): StagedCatalog {
  const db = openCatalogFile(file, origin)
  try {
    const { setId, revision } = readMeta(db, origin)
    return { origin, setId, revision, history: historyOf(db) }
  } finally {
    db.close()
  }
}
