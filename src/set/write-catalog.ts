/** The catalog as the destination keeps it, and as it goes on discs. */

import fs from 'node:fs'
import path from 'node:path'
import { copyCatalog, slimCatalog } from '../catalog/catalog-copy.ts'
import { getMeta, hasFreePages, pageCount, setMeta } from '../catalog/working-catalog.ts'
import { compressor } from '../compress/compress.ts'
import { writeStagedCatalog } from '../disc/catalog-file.ts'
import { asButcherError } from '../errors.ts'
import { copyDurably, removeFile, writeDurably } from '../files/durable.ts'
import { destinationCatalogFile, stagedCatalogFile } from '../format/layout.ts'
import { draftNames, namesFileIn } from './name-index.ts'
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

/** A catalog, one revision on, that has no name yet. */
export interface DraftCatalog {
  readonly staged: StagedCatalog
  /** The same without what only the next backup's comparison uses, for a disc that has too little room. */
  readonly slim: () => Promise<StagedCatalog>
  /** Gives the destination its catalog. */
  readonly place: () => void
}

/**
 * Writes the catalog, in the work folders only, for `use` to place; what is left there is removed. Throws `io` or
 * `no-space`.
 */
export async function withDraftCatalog<Result>(
  options: WriteCatalogOptions,
  use: (draft: DraftCatalog) => Promise<Result> | Result,
): Promise<Result> {
  const made: string[] = []
  try {
    const result = await use(await draftCatalog(options, made))
    for (const file of made) remove(file)
    return result
  } catch (error) {
    for (const file of made) removeQuietly(file)
    throw error
  }
}

/** Writes the catalog, one revision on, to the destination, which keeps the one it had where that fails with `io` or `no-space`. */
export const writeCatalog = (options: WriteCatalogOptions): Promise<void> =>
  withDraftCatalog(options, (draft) => draft.place())

/** `made` gets every file that is written on the way. */
async function draftCatalog(options: WriteCatalogOptions, made: string[]): Promise<DraftCatalog> {
  const { set, destination, fresh } = options
  setMeta(set.db, 'revision', Number(getMeta(set.db, 'revision') ?? 0) + 1)
  const plainSlim = path.join(set.scratch, 'slim.sqlite')
  fs.rmSync(plainSlim, { force: true })
  made.push(plainSlim)
  // Names in any form stand beside a catalog only that has them in clear itself.
  const names = set.encrypted ? undefined : draftNames(set.db, destination)
  const plain = finished(set, made)
  const stage = async (from: string, name: string): Promise<StagedCatalog> => {
    const file = path.join(fresh, `${name}.${stagedCatalogFile(set.encrypted)}`)
    made.push(file)
    const bzip2 = compressor('bz2', options.jobs)
    try {
      const written = await writeStagedCatalog(from, file, bzip2, options.jobs, set.keys, set.segments)
      return { file, ...written }
    } finally {
      await bzip2.close()
    }
  }
  const staged = await stage(plain, 'newest')
  const slim = (): Promise<StagedCatalog> => {
    fs.copyFileSync(plain, plainSlim)
    slimCatalog(plainSlim)
    return stage(plainSlim, 'slim')
  }
  const place = (): void => {
    const final = path.join(destination, destinationCatalogFile(set.encrypted))
    copyDurably(fresh, set.encrypted ? staged.file : plain, final)
    if (names) writeDurably(fresh, namesFileIn(destination), names)
  }
  return { staged, slim, place }
}

/**
 * The catalog in a file. As long as it has the pages that it was unpacked with, and all are in use, that is its own: a copy
 * would be no smaller, and have all pages in other places, so that all of it would have to be compressed again.
 */
function finished({ db, scratch, pages }: OpenSet, made: string[]): string {
  if (pageCount(db) === pages && !hasFreePages(db)) return db.name
  const file = path.join(scratch, 'finished.sqlite')
  fs.rmSync(file, { force: true })
  made.push(file)
  copyCatalog(db, file)
  return file
}

function remove(file: string): void {
  try {
    removeFile(file)
  } catch (error) {
    throw asButcherError(error, 'cannot remove', file)
  }
}

function removeQuietly(file: string): void {
  try {
    removeFile(file)
  } catch {
    // What went wrong before is what counts.
  }
}
