/** Going on after an interrupted run: what its journal records, and what it left behind. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { manifestApplier } from '../catalog/apply-manifest.ts'
import { type Catalog, getMeta } from '../catalog/working-catalog.ts'
import { decompress } from '../compress/decompress.ts'
import { decrypt } from '../crypto/decrypt.ts'
import { unlockSecrets } from '../crypto/private-key.ts'
import type { Secrets } from '../crypto/secrets.ts'
import type { DiscTake } from '../disc/capacity.ts'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { removeFile, syncFolder } from '../files/durable.ts'
import { chunkFolder, discFolder } from '../format/layout.ts'
import { type EndLine, type ManifestLine, parseLines } from '../format/manifest.ts'
import { type Destination, lookAtDestination } from './destination.ts'
import { takeOf } from './disc-take.ts'

/** What the journal says that becomes rows at the end of a run only. */
export interface JournalNotes {
  /** Of the newest chunk that ends a backup. */
  readonly end: EndLine | undefined
  /** What is taken of a disc, as the run that was interrupted planned. */
  readonly take: DiscTake | undefined
}

/**
 * Applies the journal to the catalog; chunks that the catalog has already are passed over. Throws `secret`, or `catalog`
 * where a record is of another set.
 */
export async function applyJournal(
  db: Catalog,
  destination: Destination,
  secrets: Secrets,
): Promise<JournalNotes> {
  const apply = manifestApplier(db)
  const known = db.prepare('SELECT 1 FROM chunk WHERE number = ?')
  const unlocked = await unlockSecrets(secrets)
  let end: EndLine | undefined
  let endedBy: number | undefined
  let take: DiscTake | undefined
  for (const file of destination.journal) {
    const lines = await readRecord(file, unlocked)
    const head = lines[0]
    const setId = getMeta(db, 'set')
    if (head?.t !== 'chunk' || (setId !== undefined && head.set !== setId)) {
      throw new ButcherError('catalog', `${file} is of another set than the catalog`, {
        path: file,
        hint: 'put back the catalog of this destination, or take an empty destination',
      })
    }
    if (known.get(head.chunk)) continue
    db.transaction(() => {
      for (const line of lines) {
        apply(line)
        // A run that knows the chunk that ended the backup, and made another, went on with it.
        if (line.t === 'stored' && line.chunk === endedBy && line.chunk !== head.chunk) end = undefined
        if (line.t === 'end') [end, endedBy] = [line, head.chunk]
        if (line.t === 'disc') take = takeOf(line) ?? take
      }
    })()
  }
  return { end, take }
}

/** Of a chunk of a million paths. */
const maxRecordBytes = 2 ** 29

async function readRecord(file: string, secrets: Secrets): Promise<ManifestLine[]> {
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
 * Removes what a run that was interrupted left half done: files being written, `leftovers`, which are chunks that it had no
 * time to record, and discs without any.
 */
export function clearLeftovers(
  db: Catalog,
  destination: Destination,
  leftovers: readonly string[],
  freshFolder: string,
): void {
  try {
    for (const file of leftovers) removeFile(file)
    // Their numbers are given out again, so they must not come back.
    for (const folder of new Set(leftovers.map((file) => path.dirname(file)))) syncFolder(folder)
    const isKnown = db.prepare('SELECT 1 FROM disc WHERE number = ?')
    for (const disc of destination.discs) {
      if (!isKnown.get(disc)) removeEmptyDisc(path.join(destination.folder, discFolder(disc)))
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

/** Takes away the discs that a run began and gave no chunk. `before`: the destination as the run found it. */
export function removeBegun(before: Destination): void {
  try {
    for (const disc of lookAtDestination(before.folder).discs) {
      if (!before.discs.includes(disc)) removeEmptyDisc(path.join(before.folder, discFolder(disc)))
    }
  } catch {
    // The next run does.
  }
}

/** A disc that was begun, and got no chunk. */
function removeEmptyDisc(folder: string): void {
  for (const empty of [path.join(folder, chunkFolder), folder]) {
    try {
      fs.rmdirSync(empty)
    } catch (error) {
      // It was not made yet, or somebody put something there: its number is passed over then.
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTEMPTY') throw error
    }
  }
}
