/**
 * Checks whether the discs in a destination fit the catalog, before anything is written. An older catalog, or
 * one of another branch, would reuse the numbers of their chunks. It would take those chunks for leftovers of
 * an interrupted run.
 */

import fs from 'node:fs'
import path from 'node:path'
import { areBranches, historyOf } from '../catalog/branches.ts'
import { droppedChunks } from '../catalog/dropped-chunks.ts'
import { listedSums } from '../catalog/find-discs.ts'
import { readSmallFile, sizeOfFile } from '../media/read-small-file.ts'
import { type ChunkRow, chunkRows, discRows } from '../catalog/set-rows.ts'
import { type Catalog, getMeta, highest } from '../catalog/working-catalog.ts'
import { newestBackupNamed, readmeReserveBytes } from '../disc/readme.ts'
import { ButcherError } from '../errors.ts'
import { differingDigits } from '../format/checksum-list.ts'
import { checksumFile, chunkFolder, discFolder, readmeFile, scriptFile } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { branchError } from './branch-error.ts'
import { chunksOf, type Destination } from './destination.ts'
import { readStagedCatalog, stagedCatalogs, type StagedOptions } from './newest-staged-catalog.ts'

interface FitOptions extends StagedOptions {
  readonly index?: string
}

interface Fitting {
  readonly db: Catalog
  readonly destination: Destination
  readonly options: FitOptions
  /** For unpacked catalogs of discs. */
  readonly tempDir: string
}

/**
 * Returns the chunk files that an interrupted run completed but did not record. Throws `catalog` if the discs
 * hold other chunks than the catalog says, `damaged` if an open disc lacks one.
 */
export async function fitStagedDiscs(fitting: Fitting): Promise<string[]> {
  const leftovers: string[] = []
  const { discs, folder } = fitting.destination
  for (const disc of discs) leftovers.push(...(await fitDisc(fitting, disc)))
  for (const disc of discs) await refuseOlderCatalog(fitting, path.join(folder, discFolder(disc)))
  return leftovers
}

async function fitDisc(fitting: Fitting, disc: number): Promise<string[]> {
  const { db, destination } = fitting
  const folder = path.join(destination.folder, discFolder(disc))
  const list = listedSums(folder)
  const isWhole = list.wrongLines.length === 0 && list.sums.size > 0
  const known = new Map(chunkRows(db, disc).map((row) => [row.name, row]))
  const isOpen = discRows(db).some(({ number, state }) => number === disc && state === 'open')
  const unknown: string[] = []
  const dropped = droppedChunks(db)
  for (const { name, file } of chunksOf(destination.folder, disc)) {
    const row = known.get(name)
    const listed = list.sums.get(`${chunkFolder}/${name}`)
    known.delete(name)
    if (row === undefined) {
      // A prune stopped after it wrote the catalog, and before it removed the chunk.
      const isDropped = listed !== undefined && dropped.get(Number.parseInt(name)) === listed
      if (listed !== undefined && !isDropped)
        throw await notFitting(fitting, folder, `${showPath(file)} is not in it`)
      unknown.push(file)
    } else if (isOtherChunk(row, listed, isOpen ? sizeOfFile(file) : row.bytes)) {
      throw await notFitting(fitting, folder, `it has another chunk ${row.number} than ${showPath(file)}`)
    }
  }
  const [missing] = known.values()
  if (missing !== undefined && isOpen) throw lacks(folder, disc, missing.name)
  if (unknown.length > 0 && !isWhole) await refuseFinished(fitting, folder, unknown[0] as string)
  return unknown
}

/**
 * The last backups may have stored no chunk, so the chunks show nothing of them. A disc in the destination is
 * never newer than the catalog there. README.txt is quick to read: only if it names a backup that the catalog
 * does not know, the disc's own catalog decides.
 */
async function refuseOlderCatalog(fitting: Fitting, folder: string): Promise<void> {
  const { db, destination, options, tempDir } = fitting
  if (destination.catalog === undefined || options.index !== undefined) return
  const readme = readSmallFile(path.join(folder, readmeFile), readmeReserveBytes)
  const named = readme === undefined ? undefined : newestBackupNamed(readme)
  if (named === undefined || named <= highest(db, 'backup')) return
  for (const file of stagedCatalogs(folder)) {
    const staged = await readStagedCatalog(file, options, tempDir)
    if (staged === undefined || staged.setId !== getMeta(db, 'set')) continue
    if (staged.revision > Number(getMeta(db, 'revision')))
      throw await notFitting(fitting, folder, `backup ${named} is not in it`)
  }
}

/** A damaged hash differs in a few digits, the hash of another file in nearly all. */
const otherHashDigits = 32

const isOtherChunk = (row: ChunkRow, listed: string | undefined, bytes: number | undefined): boolean =>
  listed === undefined
    ? bytes !== undefined && bytes !== row.bytes
    : differingDigits(listed, row.sha256) >= otherHashDigits

/**
 * Without SHA256SUMS, other signs must tell a leftover from a chunk of a finished disc. An interrupted run
 * leaves its work folder, and writes the catalog to a disc before the other small files.
 */
async function refuseFinished(fitting: Fitting, folder: string, chunk: string): Promise<void> {
  const { db, destination, options, tempDir } = fitting
  const why = `${showPath(chunk)} is not in it`
  for (const file of stagedCatalogs(folder)) {
    const staged = await readStagedCatalog(file, options, tempDir)
    if (staged === undefined) continue
    const isKnown = staged.history.chunks.has(Number.parseInt(path.basename(chunk)))
    if (isKnown || staged.setId !== getMeta(db, 'set')) throw await notFitting(fitting, folder, why)
    return
  }
  const signs = [checksumFile, readmeFile, scriptFile].some((name) => fs.existsSync(path.join(folder, name)))
  if (signs || !destination.hasWorkFolder) throw await notFitting(fitting, folder, why)
}

/** Explains how the catalog and the disc came apart, as far as known. */
async function notFitting(
  { db, destination, options, tempDir }: Fitting,
  folder: string,
  why: string,
): Promise<ButcherError> {
  const origin = options.index ?? destination.catalog
  const own = { origin: origin ?? 'the catalog of the other discs', history: historyOf(db) }
  for (const file of stagedCatalogs(folder)) {
    const staged = await readStagedCatalog(file, options, tempDir)
    if (staged === undefined || staged.setId !== getMeta(db, 'set')) continue
    if (areBranches(staged.history, own.history)) {
      return branchError([own, staged], 'take the catalog and the discs of one branch only')
    }
  }
  if (origin === undefined) {
    return new ButcherError('catalog', `the discs in ${showPath(destination.folder)} have no catalog`, {
      path: folder,
      hint: 'butcher rebuild makes one from the chunks; then give it by --index, or take an empty destination',
    })
  }
  const message = `${showPath(origin)} does not fit ${showPath(folder)}, it is older or of another branch of the set: ${why}`
  return new ButcherError('catalog', message, {
    path: folder,
    hint:
      options.index === undefined
        ? `move ${showPath(origin)} away, then the newest catalog of the discs is used; or give another by --index`
        : 'give the newest catalog of the set by --index, or take an empty destination',
  })
}

const lacks = (folder: string, disc: number, name: string): ButcherError =>
  new ButcherError('damaged', `disc ${disc} lacks ${showPath(path.join(folder, chunkFolder, name))}`, {
    path: folder,
    hint: `put the file back; or remove the folder, and store its contents again with --replace-disc ${disc}`,
  })
