/** `butcher prune`: frees the room of forgotten backups. docs/format.md has the order of its steps. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { dropBackups } from '../../catalog/drop-backups.ts'
import { recordCheckpoint, recordDropped } from '../../catalog/dropped-chunks.ts'
import { noteMoves, pieceLists, renameMembers } from '../../catalog/moved-contents.ts'
import { chunkRows, type ChunkRow, type DiscRow, recordDisc } from '../../catalog/set-rows.ts'
import { type Catalog, getMeta, highest } from '../../catalog/working-catalog.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import type { OpenedSecrets } from '../../crypto/secrets.ts'
import { chunksBytes } from '../../disc/capacity.ts'
import { readmeReserveBytes } from '../../disc/readme.ts'
import { restoreScript } from '../../disc/restore-script.ts'
import { asButcherError, ButcherError, throwIfAborted } from '../../errors.ts'
import { silent } from '../../events.ts'
import { removeFile, syncFolder } from '../../files/durable.ts'
import { chunkFolder, destinationCatalogFile, discFolder } from '../../format/layout.ts'
import type { DiscLine } from '../../format/manifest.ts'
import { showPath } from '../../format/path-text.ts'
import { optionsFromFields } from '../../format/set-options.ts'
import { workingCopyAt } from '../../remote/working-copy.ts'
import { checkFields } from '../../options/check-fields.ts'
import { changeOpenedSet, type ChangingSet } from '../../set/change-set.ts'
import { discOverhead, overheadFields } from '../../set/disc-overhead.ts'
import { openCandidate } from '../../set/open-catalog-file.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { rewriteChunks } from '../../set/rewrite-chunks.ts'
import { writeCheckpoint } from '../../set/write-checkpoint.ts'
import { findPrunable, type Prunable, roomAt } from './find-prunable.ts'
import { pruneFields } from './forget-fields.ts'
import type { PruneOptions, PruneSummary } from './prune-options.ts'
import { refuseReaders, waitForReaders } from './refuse-readers.ts'

/**
 * Removes forgotten backups for good, and the chunks that no other backup needs. Discs with a copy, an image
 * or a spare stay as they are, and so do discs of a medium with a size. Throws `catalog` if the catalog lacks
 * chunks, `locked` if the set is mounted, and errors of `forget`.
 */
export async function prune(options: PruneOptions): Promise<PruneSummary> {
  checkFields('prune', pruneFields, options)
  if (options.dryRun === true) return planOnly(options, [])
  const started = Date.now()
  const secrets = await openSecrets(options, options.report)
  const done = await changeOpenedSet({ ...options, secrets }, (changing) =>
    pruneSet(changing, secrets, options),
  )
  return { ...done, seconds: (Date.now() - started) / 1000 }
}

/** What `prune` would do if the backups `also` were forgotten besides. */
export async function planOnly(options: PruneOptions, also: readonly number[]): Promise<PruneSummary> {
  const started = Date.now()
  const { report, index, store, signal } = options
  const catalog = await openCatalog([options.destination], await openSecrets(options, report), {
    forgotten: true,
    checks: 'whole',
    ...(report === undefined ? {} : { report }),
    ...(index === undefined ? {} : { index }),
    ...(store === undefined ? {} : { store }),
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const isHere = (disc: number): boolean => catalog.discs.has(disc)
    const destination = path.resolve(options.destination)
    const roomBytes = fs.existsSync(destination) ? roomAt(destination) : Infinity
    const found = findPrunable(catalog.db, { destination, also, isHere, roomBytes })
    const summary = summaryOf(found, chunkRows(catalog.db))
    return { ...summary, dryRun: true, seconds: (Date.now() - started) / 1000 }
  } finally {
    catalog.close()
  }
}

type Done = Omit<PruneSummary, 'seconds'>

function summaryOf(found: Prunable, chunks: readonly ChunkRow[]): Done {
  const { forgotten, drop, rewrite, rewrittenBytes, freedBytes, reason } = found
  return {
    backups: forgotten,
    chunksDropped: drop,
    chunksRewritten: rewrite,
    bytesRewritten: rewrittenBytes,
    bytesFreed: freedBytes,
    bytesStored: bytesOf(chunks) - freedBytes,
    reason: reason ?? null,
    dryRun: false,
  }
}

const bytesOf = (chunks: readonly ChunkRow[]): number => chunks.reduce((sum, { bytes }) => sum + bytes, 0)

async function pruneSet(changing: ChangingSet, secrets: OpenedSecrets, options: PruneOptions): Promise<Done> {
  const { set, destination, clear, stage } = changing
  const { db } = set
  const { report = silent, signal } = options
  refuseGaps(db, destination)
  refuseReaders(options.destination)
  const isHere = (disc: number): boolean => fs.existsSync(path.join(destination, discFolder(disc)))
  await clear()
  const outbox = workingCopyAt(destination)?.outbox
  const roomBytes = outbox === undefined ? roomAt(destination) : Infinity
  const found = findPrunable(db, { destination, also: [], isHere, roomBytes })
  const before = chunkRows(db)
  if (found.reason !== undefined) {
    await stage() // an earlier prune may have been killed before it brought the discs up to date
    return summaryOf(found, before)
  }
  if (found.lacksRoom) {
    const message = `${showPath(destination)} has no room to rewrite all chunks that waste room: prune again to free more`
    report({ type: 'warning', kind: 'other', message })
  }
  const rewritten = await writeNewChunks(changing, found, secrets, options)
  throwIfAborted(signal)
  // A store's chunks go at the end of `stage`.
  await waitForReaders(options.destination, report, signal)
  await stage()
  await readBack(set, destination, secrets, signal)
  await waitForReaders(options.destination, report, signal)
  const gone = new Set(found.drop)
  removeChunks(
    destination,
    before.filter(({ number }) => gone.has(number)),
  )
  const after = chunkRows(db)
  return {
    ...summaryOf(found, after),
    bytesRewritten: bytesOf(rewritten),
    bytesFreed: bytesOf(before) - bytesOf(after),
    bytesStored: bytesOf(after),
  }
}

/** Writes the rewritten chunks and the checkpoint. Then the catalog does not need the old chunks any more. */
async function writeNewChunks(
  { set, destination, folders }: ChangingSet,
  found: Prunable,
  secrets: OpenedSecrets,
  { report = silent, jobs = os.availableParallelism(), signal }: PruneOptions,
): Promise<readonly ChunkRow[]> {
  const { db } = set
  const target = found.discs.at(-1) as DiscRow
  const extra = { set, destination, stagingDir: folders.stagingDir, disc: target.number, jobs, signal }
  const outbox = workingCopyAt(destination)?.outbox
  // A set in a store: its chunks go there first, and the dropped ones leave it after the catalog.
  const send = async (chunk: ChunkRow): Promise<void> => {
    outbox?.add(chunk)
    while (outbox?.hasRoom(0) === false) await outbox.change(signal)
  }
  const before = chunkRows(db)
  const number = highest(db, 'chunk') + 1
  const moving = new Set(noteMoves(db, found.rewrite, found.wholes))
  const old = before.filter((row) => moving.has(row.number))
  const rewritten = await rewriteChunks(
    { ...extra, secrets, number, own: lineOf(target), chunkSizeBytes: chunkSizeOf(db), report, send },
    old,
  )
  const lists = [...pieceLists(db)]
  renameMembers(db)
  const gone = new Set(found.drop)
  dropBackups(db, found.forgotten, found.drop)
  recordDropped(
    db,
    before.filter((row) => gone.has(row.number)),
  )
  const checkpoint = number + rewritten.length
  recordCheckpoint(db, checkpoint)
  for (const disc of found.discs) recordFill(db, disc)
  const written = await writeCheckpoint(extra, checkpoint, lineOf(target), lists)
  const { number: _number, ...stored } = written
  manifestApplier(db)({ t: 'stored', chunk: checkpoint, ...stored })
  recordFill(db, target)
  await send(written)
  return rewritten
}

/** The size of chunks that the set's backups have. */
function chunkSizeOf(db: Catalog): number {
  const options = getMeta(db, 'options')
  return optionsFromFields(options === undefined ? {} : (JSON.parse(options) as object)).chunkSizeBytes
}

/** Throws `catalog`: what only the missing chunks tell would be lost for good. */
function refuseGaps(db: Database.Database, destination: string): void {
  const missing = getMeta(db, 'missing')
  if (missing === undefined) return
  throw new ButcherError('catalog', `cannot prune: the catalog was rebuilt without chunks ${missing}`, {
    path: destination,
    hint: 'rebuild it with all discs of the set, and give it by --index',
  })
}

/** The bytes that a disc without a limit takes: as a backup records them. */
function recordFill(db: Database.Database, disc: DiscRow): void {
  const take = overheadOf(disc)
  const sizes = chunkRows(db, disc.number).map(({ bytes }) => bytes)
  recordDisc(
    db,
    disc.number,
    take.overheadBytes + chunksBytes(sizes, take),
    disc.state === 'open' ? 'open' : 'sealed',
  )
}

const overheadOf = ({ redundancy }: DiscRow): ReturnType<typeof discOverhead> =>
  discOverhead(
    {
      readmeBytes: readmeReserveBytes,
      scriptBytes: Buffer.byteLength(restoreScript()),
      catalogBytes: 0,
      pageBytes: 0,
    },
    Infinity,
    redundancy,
  )

const lineOf = (disc: DiscRow): DiscLine => ({
  t: 'disc',
  number: disc.number,
  label: disc.label,
  medium: disc.medium,
  capacity: null,
  ...(disc.redundancy === null ? {} : { redundancy: disc.redundancy }),
  ...overheadFields(overheadOf(disc)),
})

/** Throws `io` if the catalog in the destination is not the one that was written. */
async function readBack(
  { db, encrypted }: ChangingSet['set'],
  destination: string,
  secrets: OpenedSecrets,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = path.join(destination, destinationCatalogFile(encrypted))
  const opened = await openCandidate(file, secrets, 'whole', signal)
  try {
    const same = [db, opened.db].map((one) => JSON.stringify([getMeta(one, 'revision'), chunkRows(one)]))
    if (same[0] === same[1]) return
  } finally {
    opened.db.close()
  }
  throw new ButcherError('io', `${showPath(file)} does not read back as it was written: nothing is removed`, {
    path: file,
    hint: 'check the disk',
  })
}

/** Each disc's catalog and SHA256SUMS no longer have these chunks. */
function removeChunks(destination: string, chunks: readonly ChunkRow[]): void {
  for (const [disc, rows] of Map.groupBy(chunks, (row) => row.disc)) {
    const folder = path.join(destination, discFolder(disc), chunkFolder)
    try {
      for (const { name } of rows) removeFile(path.join(folder, name))
      syncFolder(folder)
    } catch (error) {
      throw asButcherError(error, 'cannot remove chunks in', folder)
    }
  }
}
