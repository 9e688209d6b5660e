/** The end of a run: the catalog into the destination and onto its discs. */

import fs from 'node:fs'
import path from 'node:path'
import { backupRows, type ChunkRow, chunkRows, type DiscRow, discRows } from '../catalog/set-rows.ts'
import { getMeta } from '../catalog/working-catalog.ts'
import { chunksBytes, overheadBytes } from '../disc/capacity.ts'
import { readmeText } from '../disc/readme.ts'
import { restoreScript } from '../disc/restore-script.ts'
import { stageDisc } from '../disc/stage.ts'
import { asButcherError } from '../errors.ts'
import { removeFile, syncFolder } from '../files/durable.ts'
import { type Compression, discFolder, parseChunkFile, stagedCatalogFile } from '../format/layout.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { programVersion } from '../format/program-version.ts'
import { type StagedCatalog, writeCatalog, type WriteCatalogOptions } from './write-catalog.ts'
import type { OpenSet } from './open-set.ts'

export interface FinishOptions extends WriteCatalogOptions {
  readonly journalFolder: string
}

export interface StagedDisc {
  readonly row: DiscRow
  readonly folder: string
  readonly usedBytes: number
  /** Whether the disc got the newest catalog; else it had no room for it, and keeps an older one. */
  readonly isCurrent: boolean
}

/**
 * Writes the catalog to the destination, then to each disc that is still there and has room for it, then removes the
 * journal. Throws `io` or `no-space`; the same again goes on.
 */
export async function finishSet(options: FinishOptions): Promise<StagedDisc[]> {
  const { set, destination } = options
  // The destination's own catalog comes first: no disc is ever ahead of it.
  const catalog = await writeCatalog(options)
  const rows = discRows(set.db)
  const discs = rows
    .filter((row) => fs.existsSync(path.join(destination, discFolder(row.number))))
    .map((row) => stageOne(options, row, rows.length, catalog))
  try {
    if (!set.encrypted) removeFile(catalog.file)
    for (const name of fs.readdirSync(options.journalFolder))
      removeFile(path.join(options.journalFolder, name))
    syncFolder(options.journalFolder)
  } catch (error) {
    throw asButcherError(error, 'cannot clear', options.journalFolder)
  }
  return discs
}

function stageOne(
  options: FinishOptions,
  row: DiscRow,
  discCount: number,
  catalog: StagedCatalog,
): StagedDisc {
  const { set, destination, fresh } = options
  const folder = path.join(destination, discFolder(row.number))
  const chunks = chunkRows(set.db, row.number)
  const script = restoreScript()
  const readme = readmeText(readmeInfo(set, row, discCount, chunks))
  const contents = { readmeBytes: Buffer.byteLength(readme), scriptBytes: Buffer.byteLength(script) }
  const chunkBytes = chunksBytes(chunks.map(({ bytes }) => bytes))
  const old = path.join(folder, stagedCatalogFile(set.encrypted))
  const usedWith = (catalogBytes: number): number => overheadBytes({ ...contents, catalogBytes }) + chunkBytes
  const fits = row.capacity === null || usedWith(catalog.bytes) <= row.capacity || !fs.existsSync(old)
  stageDisc({
    folder,
    newFolder: fresh,
    catalog: fits ? catalog : undefined,
    encrypted: set.encrypted,
    readme,
    script,
    chunks,
  })
  return { row, folder, usedBytes: usedWith(fits ? catalog.bytes : fs.statSync(old).size), isCurrent: fits }
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
    encryption: (getMeta(set.db, 'encryption') ?? 'none') as 'none' | 'passphrase' | 'recipients' | 'both',
    hash: set.hash,
    compressions: [...compressions],
    backups: backupRows(set.db).map(({ number, name, started: startedMs, source, files, bytes }) => ({
      number,
      name,
      startedMs,
      source: source === null ? null : pathFromCatalog(source),
      files,
      bytes,
    })),
    chunks: chunks.map(({ name, bytes }) => ({ file: `chunks/${name}`, bytes })),
    programVersion: programVersion(),
    createdMs: Number(getMeta(set.db, 'created')),
  }
}
