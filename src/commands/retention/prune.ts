/** `butcher prune`: frees the room of forgotten backups. docs/format.md has the order of its steps. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { dropBackups } from '../../catalog/drop-backups.ts'
import { checkpointOf, recordCheckpoint, recordDropped } from '../../catalog/dropped-chunks.ts'
import { chunkUses, findLive } from '../../catalog/live-contents.ts'
import { forgottenBackups } from '../../catalog/marks.ts'
import { chunkRows, type ChunkRow, type DiscRow, discRows, recordDisc } from '../../catalog/set-rows.ts'
import { getMeta, highest } from '../../catalog/working-catalog.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import type { OpenedSecrets } from '../../crypto/secrets.ts'
import { chunksBytes } from '../../disc/capacity.ts'
import { readmeReserveBytes } from '../../disc/readme.ts'
import { restoreScript } from '../../disc/restore-script.ts'
import { asButcherError, ButcherError, throwIfAborted } from '../../errors.ts'
import { removeFile, syncFolder } from '../../files/durable.ts'
import { chunkFolder, destinationCatalogFile, discFolder } from '../../format/layout.ts'
import type { DiscLine } from '../../format/manifest.ts'
import { showPath } from '../../format/path-text.ts'
import { workingCopyAt } from '../../remote/working-copy.ts'
import { checkFields } from '../../options/check-fields.ts'
import { isWorthwhile, planPrune, type PrunePlan } from '../../retention/plan-prune.ts'
import { changeOpenedSet, type ChangingSet } from '../../set/change-set.ts'
import { discOverhead, overheadFields } from '../../set/disc-overhead.ts'
import { isFrozen } from '../../set/disc-places.ts'
import { openCandidate } from '../../set/open-catalog-file.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { writeCheckpoint } from '../../set/write-checkpoint.ts'
import { pruneFields } from './forget-fields.ts'
import type { PruneOptions, PruneSummary } from './prune-options.ts'
import { refuseReaders } from './refuse-readers.ts'

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
    const found = plan(catalog.db, path.resolve(options.destination), also, isHere)
    const summary = summaryOf(found, chunkRows(catalog.db))
    return { ...summary, dryRun: true, seconds: (Date.now() - started) / 1000 }
  } finally {
    catalog.close()
  }
}

interface Found extends PrunePlan {
  readonly forgotten: readonly number[]
  /** The discs that may change, by their numbers. */
  readonly discs: readonly DiscRow[]
  readonly reason: string | undefined
}

function plan(
  db: Database.Database,
  destination: string,
  also: readonly number[],
  isHere: (disc: number) => boolean,
): Found {
  const forgotten = [...new Set([...forgottenBackups(db).keys(), ...also])].sort((a, b) => a - b)
  const discs = discRows(db).filter(
    ({ number, capacity }) => capacity === null && isHere(number) && !isFrozen(db, destination, number),
  )
  const nothing = (reason: string): Found => ({
    forgotten: [],
    discs,
    drop: [],
    freedBytes: 0,
    reason,
  })
  if (discs.length === 0)
    return nothing('no disc here may change: each has a size, a copy, an image or a spare')
  findLive(db, forgotten)
  const numbers = new Set(discs.map(({ number }) => number))
  const chunks = chunkUses(db).filter(({ disc }) => numbers.has(disc))
  const found = planPrune(chunks)
  if (forgotten.length === 0 && !isWorthwhile(found, chunks, checkpointOf(db))) {
    return nothing('no backup is forgotten, and a prune would free little')
  }
  return { ...found, forgotten, discs, reason: undefined }
}

type Done = Omit<PruneSummary, 'seconds'>

function summaryOf(found: Found, chunks: readonly ChunkRow[]): Done {
  const { forgotten, drop, freedBytes, reason } = found
  return {
    backups: forgotten,
    chunksDropped: drop,
    bytesFreed: freedBytes,
    bytesStored: bytesOf(chunks) - freedBytes,
    reason: reason ?? null,
    dryRun: false,
  }
}

const bytesOf = (chunks: readonly ChunkRow[]): number => chunks.reduce((sum, { bytes }) => sum + bytes, 0)

async function pruneSet(
  { set, destination, folders, clear, stage }: ChangingSet,
  secrets: OpenedSecrets,
  options: PruneOptions,
): Promise<Done> {
  const { db } = set
  refuseGaps(db, destination)
  refuseReaders(destination)
  const isHere = (disc: number): boolean => fs.existsSync(path.join(destination, discFolder(disc)))
  const found = plan(db, destination, [], isHere)
  const before = chunkRows(db)
  await clear()
  if (found.reason !== undefined) {
    await stage() // an earlier prune may have been killed before it brought the discs up to date
    return summaryOf(found, before)
  }
  const gone = new Set(found.drop)
  const removed = before.filter(({ number }) => gone.has(number))
  const number = highest(db, 'chunk') + 1
  const target = found.discs.at(-1) as DiscRow
  dropBackups(db, found.forgotten, [...gone])
  recordDropped(db, removed)
  recordCheckpoint(db, number)
  for (const disc of found.discs) recordFill(db, disc)
  const written = await writeCheckpoint(
    {
      set,
      destination,
      number,
      stagingDir: folders.stagingDir,
      disc: target.number,
      compression: 'bz2',
      jobs: options.jobs ?? os.availableParallelism(),
      signal: options.signal,
    },
    lineOf(target),
  )
  const { number: _number, ...stored } = written
  manifestApplier(db)({ t: 'stored', chunk: number, ...stored })
  recordFill(db, target)
  throwIfAborted(options.signal)
  // A set in a store: its chunk goes there first, and the dropped ones leave it after the catalog.
  workingCopyAt(destination)?.outbox.add(written)
  await stage()
  await readBack(set, destination, secrets, options.signal)
  removeChunks(destination, removed)
  const after = chunkRows(db)
  return {
    ...summaryOf(found, after),
    bytesFreed: bytesOf(before) - bytesOf(after),
    bytesStored: bytesOf(after),
  }
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
