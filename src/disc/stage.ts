/**
 * Writes all files of a disc except its chunks: catalog, index.html, README.txt, restore.sh, parity,
 * SHA256SUMS.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { copyDurably, removeFile, writeDurably } from '../files/durable.ts'
import { checksumText } from '../format/checksum-list.ts'
import {
  checksumFile,
  chunkFolder,
  pageFile,
  readmeFile,
  scriptFile,
  stagedCatalogFile,
} from '../format/layout.ts'

export interface StageOptions {
  readonly folder: string
  /** The folder for files that have no final name yet. */
  readonly newFolder: string
  /** The staged catalog, or undefined to keep the present one. */
  readonly catalog: { readonly file: string; readonly sha256: string } | undefined
  /** The index.html, or undefined if there is none. */
  readonly page: { readonly file: string; readonly sha256: string } | undefined
  readonly encrypted: boolean
  readonly readme: string
  readonly script: string
  /** The disc's chunks by file name. */
  readonly chunks: readonly { readonly name: string; readonly sha256: string }[]
  readonly parity: StagedParity | undefined
}

/** Makes a disc's parity, step by step. */
export interface StagedParity {
  /** Called before anything on the disc changes. */
  readonly remove: () => void
  /** Called when everything but SHA256SUMS is written. Returns further files for SHA256SUMS. */
  readonly make: () => Promise<readonly string[]>
  /** Called with the final text of SHA256SUMS. */
  readonly ofChecksums: (text: string) => Promise<void>
}

/**
 * Updates a disc. SHA256SUMS is written last; until then, the old one names parity that does not exist.
 * Throws `io` or `no-space` with the file's name, and errors from `parity`.
 */
export async function stageDisc(options: StageOptions): Promise<void> {
  const { folder, newFolder, catalog, page, encrypted, parity } = options
  parity?.remove()
  const catalogName = stagedCatalogFile(encrypted)
  const inDisc = (name: string): string => path.join(folder, name)
  if (catalog) copyDurably(newFolder, catalog.file, inDisc(catalogName))
  if (page) copyDurably(newFolder, page.file, inDisc(pageFile))
  else if (fs.existsSync(inDisc(pageFile))) removeFile(inDisc(pageFile))
  writeDurably(newFolder, inDisc(readmeFile), options.readme)
  writeDurably(newFolder, inDisc(scriptFile), options.script, 0o755)
  const sums = new Map(options.chunks.map(({ name, sha256 }) => [`${chunkFolder}/${name}`, sha256]))
  sums.set(readmeFile, sha256Of(options.readme))
  sums.set(scriptFile, sha256Of(options.script))
  if (page) sums.set(pageFile, page.sha256)
  if (catalog) sums.set(catalogName, catalog.sha256)
  else if (fs.existsSync(inDisc(catalogName))) sums.set(catalogName, sha256OfFile(inDisc(catalogName)))
  for (const name of (await parity?.make()) ?? []) sums.set(name, sha256OfFile(inDisc(name)))
  const text = checksumText(sums)
  await parity?.ofChecksums(text)
  writeDurably(newFolder, inDisc(checksumFile), text)
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

/** SHA-256 of a file in hex. */
export function sha256OfFile(file: string): string {
  const hash = createHash('sha256')
  try {
    const fd = fs.openSync(file, 'r')
    try {
      const piece = Buffer.allocUnsafeSlow(1 << 20)
      for (let read; (read = fs.readSync(fd, piece)) > 0;) hash.update(piece.subarray(0, read))
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
  return hash.digest('hex')
}
