/** The parity of a disc that is being staged: its size, and its creation. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type ChunkRow, chunkRows, type DiscRow } from '../catalog/set-rows.ts'
import { type DiscContents, filesBytes, spareReserveBytes } from '../disc/capacity.ts'
import type { StagedParity } from '../disc/stage.ts'
import { asButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { parseChecksums } from '../format/checksum-list.ts'
import {
  checksumFile,
  checksumParitySet,
  chunkFolder,
  discParitySet,
  pageFile,
  parityFolder,
  readmeFile,
  scriptFile,
  stagedCatalogFile,
} from '../format/layout.ts'
import { filesOfSet, placeSet, removeParity } from '../parity/stage-parity.ts'
import {
  checksumLayout,
  checksumParityBytes,
  layoutsFor,
  type ParityFile,
  type ParityLayout,
  parityBytes,
} from '../parity/plan.ts'
import type { OpenSet } from './open-set.ts'

export interface DiscParity {
  /** Undefined for a disc without parity. */
  readonly layout: ParityLayout | undefined
  /** The most bytes that it takes on the disc, with file records and lines of SHA256SUMS. */
  readonly bytes: number
}

/** Parity with the finest blocks that fit beside `plainBytes`; if none fit, with the coarsest. */
export function discParity(
  encrypted: boolean,
  row: DiscRow,
  contents: DiscContents,
  chunks: readonly ChunkRow[],
  plainBytes: number,
): DiscParity {
  if (row.redundancy === null) return { layout: undefined, bytes: 0 }
  const files: ParityFile[] = [
    { name: readmeFile, sizeBytes: contents.readmeBytes },
    { name: scriptFile, sizeBytes: contents.scriptBytes },
    { name: stagedCatalogFile(encrypted), sizeBytes: contents.catalogBytes },
    ...(contents.pageBytes ? [{ name: pageFile, sizeBytes: contents.pageBytes }] : []),
    ...chunks.map(({ name, bytes }) => ({ name: `${chunkFolder}/${name}`, sizeBytes: bytes })),
  ]
  const capacity = row.capacity === null ? Infinity : row.capacity - spareReserveBytes(row.capacity)
  let found: DiscParity = { layout: undefined, bytes: 0 }
  for (const layout of layoutsFor(files, row.capacity ?? Infinity, row.redundancy)) {
    found = { layout, bytes: takenBy(files, layout) }
    if (plainBytes + found.bytes <= capacity) break
  }
  return found
}

function takenBy(files: readonly ParityFile[], layout: ParityLayout): number {
  const lines =
    files.reduce((sum, { name }) => sum + checksumLineBytes(name), 0) + 2 * checksumLineBytes(volume)
  const ofDisc = parityBytes(files, layout)
  const ofChecksums = checksumParityBytes(lines)
  const sizes = [ofDisc, ofChecksums].flatMap(({ indexBytes, volumeBytes }) => [indexBytes, volumeBytes])
  return filesBytes(sizes) + 2 * checksumLineBytes(volume)
}

const volume = `${parityFolder}/disc.vol00000+00000.par2`
const checksumLineBytes = (name: string): number => 64 + 2 + Buffer.byteLength(name) + 1

export interface ParityOptions {
  readonly set: OpenSet
  readonly stagingDir: string
  readonly jobs: number
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

/** The parity work for a disc in `folder`. */
export function stagedParity(
  { set, stagingDir, jobs, report, signal }: ParityOptions,
  row: DiscRow,
  folder: string,
  layout: ParityLayout,
): StagedParity {
  const work = { disc: folder, newFolder: stagingDir }
  return {
    remove: () => removeParity(folder),
    make: async () => {
      const files = coveredFiles(folder, chunkRows(set.db, row.number))
      const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      const tell = (share: number): void =>
        report({
          type: 'progress',
          stage: 'parity',
          bytes: Math.round(totalBytes * share),
          files: 0,
          totalBytes,
          disc: row.number,
        })
      report({ type: 'stage', stage: 'parity', totalBytes })
      const run = { jobs, signal, onShare: tell }
      const made = await placeSet({ ...work, run }, discParitySet, folder, files, layout)
      tell(1)
      return made
    },
    ofChecksums: async (text) => {
      // Not in the destination: there, SHA256SUMS exists only under its final name.
      const base = fs.mkdtempSync(path.join(set.tempDir, 'sums-'))
      try {
        fs.writeFileSync(path.join(base, checksumFile), text)
        const files = [{ name: checksumFile, sizeBytes: Buffer.byteLength(text) }]
        const of = checksumLayout(Buffer.byteLength(text))
        await placeSet({ ...work, run: { jobs, signal } }, checksumParitySet, base, files, of)
      } catch (error) {
        throw asButcherError(error, 'cannot write', base)
      } finally {
        fs.rmSync(base, { recursive: true, force: true })
      }
    },
  }
}

/** The current files of a disc, without checksums and parity. */
function coveredFiles(folder: string, rows: readonly ChunkRow[]): ParityFile[] {
  const sized = (name: string): ParityFile => ({ name, sizeBytes: fs.statSync(path.join(folder, name)).size })
  try {
    const top = [readmeFile, scriptFile, stagedCatalogFile(true), stagedCatalogFile(false), pageFile]
    const chunks = rows.map(({ name }) => name).sort()
    return [
      ...top.filter((name) => fs.existsSync(path.join(folder, name))),
      ...chunks.map((name) => `${chunkFolder}/${name}`),
    ].map(sized)
  } catch (error) {
    throw asButcherError(error, 'cannot read', folder)
  }
}

/**
 * Whether a disc is complete, including parity: its SHA256SUMS lists these chunks, and has its own parity.
 * That parity is written last, and the parity of changing files is removed first.
 */
export function isComplete(folder: string, chunks: readonly ChunkRow[]): boolean {
  try {
    const text = fs.readFileSync(path.join(folder, checksumFile))
    const { sums } = parseChecksums(text)
    const names = fs.readdirSync(path.join(folder, parityFolder))
    const ofDisc = filesOfSet(names, discParitySet)
    return (
      chunks.every(({ name, sha256 }) => sums.get(`${chunkFolder}/${name}`) === sha256) &&
      ofDisc.length === 2 &&
      ofDisc.every((name) => sums.has(`${parityFolder}/${name}`)) &&
      filesOfSet(names, checksumParitySet).length === 2 &&
      fs.readFileSync(path.join(folder, parityFolder, checksumParitySet)).includes(md5(text))
    )
  } catch {
    return false
  }
}

/** PAR2 identifies files by their MD5. */
const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest()
