/** The catalog as the destination keeps it. */

import fs from 'node:fs'
import path from 'node:path'
import { copyCatalog } from '../catalog/catalog-copy.ts'
import { getMeta, setMeta } from '../catalog/working-catalog.ts'
import { compressor } from '../compress/compress.ts'
import { writeStagedCatalog } from '../disc/catalog-file.ts'
import { sha256OfFile } from '../disc/stage.ts'
import { asButcherError } from '../errors.ts'
import { copyDurably, renameDurably } from '../files/durable.ts'
import { destinationCatalogFile, stagedCatalogFile } from '../format/layout.ts'
import type { OpenSet } from './open-set.ts'

export interface WriteCatalogOptions {
  readonly set: OpenSet
  readonly destination: string
  /** Where files are written before they get their names. */
  readonly fresh: string
  readonly jobs: number
}

/** The catalog as it goes on discs. */
export interface StagedCatalog {
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Writes the catalog, one revision on, to the destination; answers with the same as it goes on discs, which is the caller's
 * to remove where the set is not encrypted. Throws `io` or `no-space`, and then the destination has the catalog it had.
 */
export async function writeCatalog(options: WriteCatalogOptions): Promise<StagedCatalog> {
  const { set, destination, fresh } = options
  setMeta(set.db, 'revision', Number(getMeta(set.db, 'revision') ?? 0) + 1)
  const plain = path.join(set.scratch, 'finished.sqlite')
  fs.rmSync(plain, { force: true })
  copyCatalog(set.db, plain)
  const staged = path.join(fresh, stagedCatalogFile(set.encrypted))
  const bzip2 = compressor('bz2', options.jobs)
  let bytes: number
  try {
    bytes = await writeStagedCatalog(plain, staged, bzip2, options.jobs, set.keys)
  } finally {
    await bzip2.close()
  }
  const sha256 = sha256OfFile(staged)
  const final = path.join(destination, destinationCatalogFile(set.encrypted))
  if (set.encrypted) renameOver(staged, final)
  else copyDurably(fresh, plain, final)
  fs.rmSync(plain, { force: true })
  return { file: set.encrypted ? final : staged, sha256, bytes }
}

function renameOver(staged: string, final: string): void {
  try {
    renameDurably(staged, final)
  } catch (error) {
    throw asButcherError(error, 'cannot write', final)
  }
}
