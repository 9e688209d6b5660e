/** Resuming an interrupted run: the records of its journal, and its leftovers. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { manifestApplier } from '../catalog/apply-manifest.ts'
import { type Catalog, getMeta, rowFinder } from '../catalog/working-catalog.ts'
import { decompress } from '../compress/decompress.ts'
import { decrypt } from '../crypto/decrypt.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { DiscOverhead } from '../disc/capacity.ts'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { removeFile, syncFolder } from '../files/durable.ts'
import { chunkFolder, discFolder } from '../format/layout.ts'
import { type EndLine, type ManifestLine, parseLines } from '../format/manifest.ts'
import { type Destination, inspectDestination } from './destination.ts'
import { overheadOf } from './disc-overhead.ts'

/** Journal facts that become rows only at the end of a run. */
export interface JournalNotes {
  /** From the newest chunk that ends a backup. */
  readonly end: EndLine | undefined
  /** The overhead of a disc, as the interrupted run planned it. */
  readonly take: DiscOverhead | undefined
}

/**
 * Applies the journal to the catalog, and skips chunks that the catalog already has. Throws `secret`, or
 * `catalog` if a record belongs to another set.
 */
export async function applyJournal(
  db: Catalog,
  destination: Destination,
  secrets: OpenedSecrets,
): Promise<JournalNotes> {
  const apply = manifestApplier(db)
  const known = rowFinder(db, 'chunk')
  let end: EndLine | undefined
  let endedBy: number | undefined
  let take: DiscOverhead | undefined
  for (const file of destination.journal) {
    const lines = await readRecord(file, secrets)
    const head = lines[0]
    const setId = getMeta(db, 'set')
    if (head?.t !== 'chunk' || (setId !== undefined && head.set !== setId)) {
      throw new ButcherError('catalog', `${file} is of another set than the catalog`, {
        path: file,
        hint: 'put back the catalog of this destination, or take an empty destination',
      })
    }
    if (known(head.chunk)) continue
    db.transaction(() => {
      for (const line of lines) {
        apply(line)
        // A run that knew the chunk that ended the backup, and wrote another chunk, has resumed that backup.
        if (line.t === 'stored' && line.chunk === endedBy && line.chunk !== head.chunk) end = undefined
        if (line.t === 'end') [end, endedBy] = [line, head.chunk]
        if (line.t === 'disc') take = overheadOf(line) ?? take
      }
    })()
  }
  return { end, take }
}

/** The record of a chunk with a million paths. */
const maxRecordBytes = 2 ** 29

async function readRecord(file: string, secrets: OpenedSecrets): Promise<ManifestLine[]> {
  const stored = fs.createReadStream(file)
  const compressed = file.endsWith('.gpg') ? decrypt(stored, secrets, file) : stored
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of decompress(compressed, 'zstd', os.availableParallelism())) {
      if ((bytes += piece.length) > maxRecordBytes) throw new ButcherError('damaged', 'it is too long')
      pieces.push(piece)
    }
    return [...parseLines(Buffer.concat(pieces))]
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code !== 'damaged') throw error
    throw new ButcherError('damaged', `the journal's record ${file} cannot be read: ${error.message}`, {
      path: file,
      cause: error,
      hint: 'remove it: what its chunk holds is stored again',
    })
  }
}

/**
 * Removes the unfinished files of an interrupted run, `leftovers`, and discs without chunks. `leftovers` are
 * chunks that the run did not record.
 */
export function clearLeftovers(
  db: Catalog,
  destination: Destination,
  leftovers: readonly string[],
  freshFolder: string,
): void {
  try {
    for (const file of leftovers) removeFile(file)
    // Their numbers are used again, so the files must not reappear after a crash.
    for (const folder of new Set(leftovers.map((file) => path.dirname(file)))) syncFolder(folder)
    const isKnown = rowFinder(db, 'disc')
    for (const disc of destination.discs) {
      if (!isKnown(disc)) removeEmptyDisc(path.join(destination.folder, discFolder(disc)))
    }
    for (const entry of fs.readdirSync(freshFolder, { withFileTypes: true })) {
      const leftover = path.join(freshFolder, entry.name)
      if (entry.isDirectory()) fs.rmSync(leftover, { recursive: true })
      else removeFile(leftover)
    }
  } catch (error) {
    throw asButcherError(error, 'cannot clear up after an interrupted run in', destination.folder)
  }
}

/**
 * Removes the discs that a run began without storing a chunk. `before`: the destination at the start of the
 * run.
 */
export function removeBegun(before: Destination): void {
  try {
    for (const disc of inspectDestination(before.folder).discs) {
      if (!before.discs.includes(disc)) removeEmptyDisc(path.join(before.folder, discFolder(disc)))
    }
  } catch {
    // The next run removes it.
  }
}

/** A disc that was begun, and got no chunk. */
function removeEmptyDisc(folder: string): void {
  for (const empty of [path.join(folder, chunkFolder), folder]) {
    try {
      fs.rmdirSync(empty)
    } catch (error) {
      // It does not exist yet, or somebody put a file there: then its number is skipped.
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTEMPTY') throw error
    }
  }
}
