/** The end of a run: writes the catalog to the destination and to its discs. */

import fs from 'node:fs'
import path from 'node:path'
import { type ChunkRow, chunkRows, type DiscRow, discRows, visibleBackupRows } from '../catalog/set-rows.ts'
import { getMeta } from '../catalog/working-catalog.ts'
import { chunksBytes, type DiscContents, plainOverhead, spareReserveBytes } from '../disc/capacity.ts'
import { hasPieceTable } from '../catalog/piece-rows.ts'
import { readmeText } from '../disc/readme.ts'
import { restoreScript } from '../disc/restore-script.ts'
import { stageDisc } from '../disc/stage.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { removeFile, syncFolder } from '../files/durable.ts'
import {
  type Compression,
  discFolder,
  parseChunkFile,
  stagedCatalogFile,
  journalFolder,
  workFolder,
} from '../format/layout.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showSource, sourceOfText } from '../format/source-tree.ts'
import { programVersion } from '../format/program-version.ts'
import type { ParityLayout } from '../parity/plan.ts'
import { type DiscParity, discParity, isComplete, stagedParity } from './disc-parity.ts'
import { draftPage, pageLimit, type PageOptions, type StagedPage } from './disc-page.ts'
import { isFrozen } from './disc-places.ts'
import type { OpenSet } from './open-set.ts'
import {
  type DraftCatalog,
  type StagedCatalog,
  withDraftCatalog,
  type WriteCatalogOptions,
} from './write-catalog.ts'

export interface FinishOptions extends WriteCatalogOptions, PageOptions {
  readonly journalFolder: string
}

export interface StagedDisc {
  readonly row: DiscRow
  readonly folder: string
  readonly usedBytes: number
  /** Whether the disc got the newest catalog; otherwise it had no room for it, and keeps an older one. */
  readonly isCurrent: boolean
  /**
   * It is full and complete. New parity only for the catalog would take long, so the disc is left as it is.
   */
  readonly hadNothingNew: boolean
}

/**
 * Writes the catalog to the destination, then to each unburned disc there that has room for it, then removes
 * the journal. Throws `io` or `no-space`; calling it again continues.
 */
export async function finishSet(options: FinishOptions): Promise<StagedDisc[]> {
  const discs = await withDraftCatalog(options, (draft) => stageDiscs(options, draft))
  try {
    for (const name of fs.readdirSync(options.journalFolder))
      removeFile(path.join(options.journalFolder, name))
    syncFolder(options.journalFolder)
  } catch (error) {
    throw asButcherError(error, 'cannot clear', options.journalFolder)
  }
  return discs
}

async function stageDiscs(options: FinishOptions, draft: DraftCatalog): Promise<StagedDisc[]> {
  const { set, destination } = options
  const rows = discRows(set.db)
  const there = rows.filter(
    ({ number }) =>
      fs.existsSync(path.join(destination, discFolder(number))) && !isFrozen(set.db, destination, number),
  )
  const plans = there.map((row) => planDisc(options, row, rows.length))
  // Before any file gets its name: a run that is refused here has changed nothing.
  const slim = await slimFor(options, plans, draft)
  const changing = plans.filter(({ hasNothingNew }) => !hasNothingNew)
  const page = await draftPage(
    options,
    changing.map(({ row }) => row.capacity),
  )
  // The destination's own catalog comes first: no disc is ever newer than it.
  draft.place()
  const discs: StagedDisc[] = []
  for (const plan of plans) discs.push(await stageOne(options, plan, draft.staged, slim, page))
  if (page) removeFile(page.file)
  return discs
}

interface DiscPlan {
  readonly row: DiscRow
  readonly folder: string
  readonly chunks: readonly ChunkRow[]
  readonly readme: string
  readonly script: string
  /** The catalog that is already on the disc. */
  readonly oldBytes: number | undefined
  readonly usedWith: (catalogBytes: number, pageBytes?: number) => number
  /** Whether it leaves the room that a spare disc may need. */
  readonly hasRoom: (catalogBytes: number, pageBytes?: number) => boolean
  readonly layoutWith: (catalogBytes: number, pageBytes: number) => ParityLayout | undefined
  readonly hasNothingNew: boolean
  readonly fits: (catalogBytes: number) => boolean
}

function planDisc(options: FinishOptions, row: DiscRow, discCount: number): DiscPlan {
  const { set, destination } = options
  const folder = path.join(destination, discFolder(row.number))
  const chunks = chunkRows(set.db, row.number)
  const script = restoreScript()
  const readme = readmeText(readmeInfo(set, row, discCount, chunks))
  const contents = { readmeBytes: Buffer.byteLength(readme), scriptBytes: Buffer.byteLength(script) }
  const sizes = chunks.map(({ bytes }) => bytes)
  const plainBytes = (contained: DiscContents): number => {
    const take = plainOverhead(contained)
    return take.overheadBytes + chunksBytes(sizes, take)
  }
  const covered = (contained: DiscContents): DiscParity =>
    discParity(set.encrypted, row, contained, chunks, plainBytes(contained))
  const usedWith = (catalogBytes: number, pageBytes = 0): number => {
    const contained = { ...contents, catalogBytes, pageBytes }
    return plainBytes(contained) + covered(contained).bytes
  }
  const isWithin = (usedBytes: number): boolean => row.capacity === null || usedBytes <= row.capacity
  const fits = (catalogBytes: number): boolean => isWithin(usedWith(catalogBytes))
  const hasRoom = (catalogBytes: number, pageBytes = 0): boolean =>
    isWithin(usedWith(catalogBytes, pageBytes) + spareReserveBytes(row.capacity ?? 0))
  const layoutWith = (catalogBytes: number, pageBytes: number): ParityLayout | undefined =>
    covered({ ...contents, catalogBytes, pageBytes }).layout
  const old = fs.statSync(path.join(folder, stagedCatalogFile(set.encrypted)), { throwIfNoEntry: false })
  const hasNothingNew = row.redundancy !== null && row.state !== 'open' && isComplete(folder, chunks)
  return {
    row,
    folder,
    chunks,
    readme,
    script,
    oldBytes: old?.size,
    usedWith,
    hasRoom,
    fits,
    layoutWith,
    hasNothingNew,
  }
}

/**
 * A slim catalog, if a disc without a catalog has no room for the newest one: the reserved room was an
 * estimate. Throws `medium` if the slim one is too large as well.
 */
async function slimFor(
  options: FinishOptions,
  plans: readonly DiscPlan[],
  draft: DraftCatalog,
): Promise<StagedCatalog | undefined> {
  const short = plans.filter(
    ({ oldBytes, hasRoom, hasNothingNew }) =>
      !hasNothingNew && oldBytes === undefined && !hasRoom(draft.staged.bytes),
  )
  if (short.length === 0) return undefined
  const slim = await draft.slim()
  const over = short.find(({ fits }) => !fits(slim.bytes))
  if (!over) return slim
  throw overfull(options, over, slim.bytes)
}

function overfull(options: FinishOptions, { row, usedWith }: DiscPlan, bytes: number): ButcherError {
  const over = showSize(usedWith(bytes) - (row.capacity ?? 0))
  return new ButcherError('medium', `disc ${row.number} with its catalog is ${over} larger than its medium`, {
    path: options.destination,
    hint: `remove ${path.join(options.destination, workFolder, journalFolder)}, which forgets this run, and back up again with a slightly smaller --medium`,
  })
}

async function stageOne(
  options: FinishOptions,
  plan: DiscPlan,
  catalog: StagedCatalog,
  slim: StagedCatalog | undefined,
  draftedPage: StagedPage | undefined,
): Promise<StagedDisc> {
  const { row, folder, chunks, readme, script, oldBytes, usedWith, hasRoom, layoutWith } = plan
  if (plan.hasNothingNew) {
    return { row, folder, usedBytes: usedWith(oldBytes ?? 0), isCurrent: false, hadNothingNew: true }
  }
  const isCurrent = hasRoom(catalog.bytes)
  const given = isCurrent ? catalog : oldBytes === undefined ? slim : undefined
  const catalogBytes = given?.bytes ?? oldBytes ?? 0
  const page =
    draftedPage && draftedPage.bytes <= pageLimit(row.capacity) && hasRoom(catalogBytes, draftedPage.bytes)
      ? draftedPage
      : undefined
  const layout = layoutWith(catalogBytes, page?.bytes ?? 0)
  await stageDisc({
    folder,
    newFolder: options.stagingDir,
    catalog: given,
    page,
    encrypted: options.set.encrypted,
    readme,
    script,
    chunks,
    parity: layout && stagedParity(options, row, folder, layout),
  })
  const usedBytes = usedWith(catalogBytes, page?.bytes)
  return { row, folder, usedBytes, isCurrent: given !== undefined, hadNothingNew: false }
}

function readmeInfo(
  set: OpenSet,
  row: DiscRow,
  discCount: number,
  chunks: readonly ChunkRow[],
): Parameters<typeof readmeText>[0] {
  const compressions = new Set(
    chunks.map(({ name }) => parseChunkFile(name)?.compression ?? ('none' as Compression)),
  )
  return {
    setId: set.setId,
    disc: row.number,
    label: row.label,
    medium: row.medium,
    capacityBytes: row.capacity,
    discCount,
    hasParity: row.redundancy !== null,
    encryption: (getMeta(set.db, 'encryption') ?? 'none') as 'none' | 'passphrase' | 'recipients' | 'both',
    hash: set.hash,
    compressions: [...compressions],
    hasPieces: hasPieceTable(set.db),
    backups: visibleBackupRows(set.db).map(({ number, name, started: startedMs, source, files, bytes }) => ({
      number,
      name,
      startedMs,
      source: source === null ? null : showSource(sourceOfText(pathFromCatalog(source))),
      files,
      bytes,
    })),
    chunks: chunks.map(({ name, bytes }) => ({ file: `chunks/${name}`, bytes })),
    programVersion: programVersion(),
    createdMs: Number(getMeta(set.db, 'created')),
  }
}
