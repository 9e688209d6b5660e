/** The catalog in the destination's form, and in the form for discs. */

import fs from 'node:fs'
import path from 'node:path'
import { copyCatalog, slimCatalog } from '../catalog/catalog-copy.ts'
import { getMeta, hasFreePages, pageCount, setMeta } from '../catalog/working-catalog.ts'
import { compressor } from '../compress/compress.ts'
import { writeStagedCatalog } from '../disc/catalog-file.ts'
import { asButcherError } from '../errors.ts'
import { copyDurably, removeFile, writeDurably } from '../files/durable.ts'
import { destinationCatalogFile, stagedCatalogFile } from '../format/layout.ts'
import { draftBasenameFilter, basenameFilterFile } from './basename-filter-file.ts'
import type { OpenSet } from './open-set.ts'

export interface WriteCatalogOptions {
  readonly set: OpenSet
  readonly destination: string
  /** Files are written here before they get their names. */
  readonly stagingDir: string
  readonly jobs: number
}

/** The catalog in the form for discs. */
export interface StagedCatalog {
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/** A catalog of the next revision, without its name yet. */
export interface DraftCatalog {
  readonly staged: StagedCatalog
  /**
   * The same without the data that only the next backup's comparison uses: for a disc with too little room.
   */
  readonly slim: () => Promise<StagedCatalog>
  /** Installs the catalog in the destination. */
  readonly place: () => void
}

/**
 * Writes the catalog into the work folders only; `use` places it. Leftovers are removed. Throws `io` or
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

/**
 * Writes the next revision of the catalog to the destination. If that fails with `io` or `no-space`, the old
 * catalog stays.
 */
export const writeCatalog = (options: WriteCatalogOptions): Promise<void> =>
  withDraftCatalog(options, (draft) => draft.place())

/** `made` gets every file that is written on the way. */
async function draftCatalog(options: WriteCatalogOptions, made: string[]): Promise<DraftCatalog> {
  const { set, destination, stagingDir } = options
  setMeta(set.db, 'revision', Number(getMeta(set.db, 'revision') ?? 0) + 1)
  const plainSlim = path.join(set.tempDir, 'slim.sqlite')
  fs.rmSync(plainSlim, { force: true })
  made.push(plainSlim)
  // Names may stand beside a catalog, in any form, only if the catalog itself is unencrypted.
  const names = set.encrypted ? undefined : draftBasenameFilter(set.db, destination)
  const plain = finished(set, made)
  const stage = async (from: string, name: string): Promise<StagedCatalog> => {
    const file = path.join(stagingDir, `${name}.${stagedCatalogFile(set.encrypted)}`)
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
    copyDurably(stagingDir, set.encrypted ? staged.file : plain, final)
    if (names) writeDurably(stagingDir, basenameFilterFile(destination), names)
  }
  return { staged, slim, place }
}

/**
 * The catalog in a file. If it has as many pages as when unpacked, and none is free, butcher uses it as it
 * is. A copy would be no smaller, but would move all pages, and everything would be compressed again.
 */
function finished({ db, tempDir, pages }: OpenSet, made: string[]): string {
  if (pageCount(db) === pages && !hasFreePages(db)) return db.name
  const file = path.join(tempDir, 'finished.sqlite')
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
    // The earlier error is the one to report.
  }
}
