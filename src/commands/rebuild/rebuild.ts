/** `butcher rebuild`: makes a catalog from chunks alone. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { copyCatalog } from '../../catalog/catalog-copy.ts'
import { backupRows, discRows } from '../../catalog/set-rows.ts'
import { type Catalog, createCatalog, keepRollback } from '../../catalog/working-catalog.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { asButcherError, ButcherError, systemText, throwIfAborted } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { paced } from '../../progress.ts'
import { copyDurably } from '../../files/durable.ts'
import { makeTempDir } from '../../files/temp-dir.ts'
import { type Applied, applyChunks } from '../../rebuild/apply-chunks.ts'
import { chooseChunks, type Damage } from '../../rebuild/choose-chunks.ts'
import { findChunks, type FoundChunks } from '../../rebuild/find-chunks.ts'
import { findMissing, type MissingChunks, showRanges } from '../../rebuild/find-missing.ts'
import { readChunks } from '../../rebuild/read-chunks.ts'
import { deriveState } from '../../rebuild/derive-state.ts'
import { checkFields } from '../../options/check-fields.ts'
import { rebuildFields } from './rebuild-fields.ts'
import { fromPlaces } from '../../remote/attach.ts'
import { isWithin } from '../../files/is-within.ts'
import { usedBytes } from '../../set/disc-overhead.ts'
import type { MissingRange, RebuildOptions, RebuildSummary, RebuiltBackup } from './rebuild-options.ts'

/**
 * Makes the catalog again from the chunks in `from`. It also resolves if chunks are damaged or missing; the
 * summary names them. Rejects with a `ButcherError` if nothing is written: `exists`, `secret`, `catalog` (two
 * sets, two histories), `damaged` (no sound chunk), `aborted`, `io`, `no-space`.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildSummary> {
  checkFields('rebuild', rebuildFields, options)
  return fromPlaces(options, rebuildHere)
}

async function rebuildHere(options: RebuildOptions): Promise<RebuildSummary> {
  const started = Date.now()
  const report = options.report ?? silent
  const target = path.resolve(options.catalog)
  checkTarget(target, options.overwrite === true)
  const found = findChunks(options.from)
  const encrypted = found.chunks.some(({ named }) => named.encrypted)
  if (encrypted) refuseInClear(target, options.from)
  using temporary = makeTempDir('rebuild')
  const tempDir = temporary.folder
  let db: Catalog | undefined
  try {
    const { read, damaged } = await readAll(found, tempDir, options, report)
    const chosen = chooseChunks(read)
    db = createCatalog(path.join(tempDir, 'catalog.sqlite'))
    keepRollback(db) // of a manifest that cannot be applied nothing is to stay
    const applied = applyChunks(db, chosen)
    const [newest] = applied.chunks
    if (newest === undefined) throw nothingSound(options.from, damaged.length > 0 ? damaged : applied.damaged)
    const missing = findMissing(applied.chunks, chosen.stored)
    const numbers = missing.length === 0 ? undefined : showRanges(missing)
    deriveState(db, applied, { setId: newest.chunk.set, missing: numbers, usedBytes })
    const trouble = [...damaged, ...chosen.damaged, ...applied.damaged]
    for (const { path: file, reason } of [...chosen.damaged, ...applied.damaged]) warn(report, file, reason)
    const summary = summaryOf(db, applied, missing, trouble)
    throwIfAborted(options.signal)
    write(db, tempDir, target, options.overwrite === true, encrypted)
    return { catalog: target, encrypted, ...summary, seconds: (Date.now() - started) / 1000 }
  } finally {
    db?.close()
  }
}

async function readAll(
  found: FoundChunks,
  tempDir: string,
  options: RebuildOptions,
  report: Report,
): ReturnType<typeof readChunks> {
  const strange = found.strange.map((one): Damage => ({ path: one.path, reason: one.reason }))
  for (const { path: file, reason } of strange) warn(report, file, reason)
  const totalBytes = found.chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  report({ type: 'stage', stage: 'rebuild', totalBytes })
  const tell = paced(report)
  const progress = { bytes: 0, files: 0 }
  const { read, damaged } = await readChunks(found.chunks, {
    folder: tempDir,
    secrets: await openSecrets(options, report),
    report,
    jobs: options.jobs ?? os.availableParallelism(),
    signal: options.signal,
    onDamage: ({ path: file, reason }) => warn(report, file, reason),
    onProgress: (bytes, files) => {
      progress.bytes += bytes
      progress.files += files
      tell({ type: 'progress', stage: 'rebuild', bytes: progress.bytes, files: progress.files, totalBytes })
    },
  })
  return { read, damaged: [...strange, ...damaged] }
}

const warn = (report: Report, file: string, reason: string): void =>
  report({ type: 'warning', kind: 'other', path: file, message: `${file}: ${reason}` })

function checkTarget(target: string, overwrite: boolean): void {
  const stat = fs.statSync(target, { throwIfNoEntry: false })
  if (stat?.isDirectory()) {
    throw new ButcherError('exists', `${target} is a folder`, {
      path: target,
      hint: 'give the name of a file',
    })
  }
  if (stat && !overwrite) {
    throw new ButcherError('exists', `${target} exists`, {
      path: target,
      hint: 'give another name, or --overwrite',
    })
  }
  try {
    fs.accessSync(path.dirname(target), fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw asButcherError(error, 'cannot write', target)
  }
}

/** No unencrypted name may be written beside an encrypted set. */
function refuseInClear(target: string, from: readonly string[]): void {
  const place = from.find((one) => isWithin(one, path.dirname(target)))
  if (place === undefined) return
  throw new ButcherError(
    'destination',
    `the set in ${place} is encrypted, but the catalog would be unencrypted there`,
    {
      path: target,
      hint: 'give a file elsewhere',
    },
  )
}

function nothingSound(from: readonly string[], damaged: readonly Damage[]): ButcherError {
  const [first] = damaged
  const why = first === undefined ? '' : `; ${first.path}: ${first.reason}`
  return new ButcherError('damaged', `no chunk in ${from.join(', ')} could be read${why}`)
}

function write(db: Catalog, tempDir: string, target: string, overwrite: boolean, isSecret: boolean): void {
  const plain = path.join(tempDir, 'finished.sqlite')
  copyCatalog(db, plain)
  if (isSecret) fs.chmodSync(plain, 0o600)
  checkTarget(target, overwrite) // again: reading may have taken hours
  try {
    copyDurably(path.dirname(target), plain, target)
  } catch (error) {
    throw asButcherError(error, systemText(error), target)
  }
}

function summaryOf(
  db: Catalog,
  { chunks }: Applied,
  missing: readonly MissingChunks[],
  damaged: readonly Damage[],
): Omit<RebuildSummary, 'catalog' | 'encrypted' | 'seconds'> {
  const range = ({ first, last, disc }: MissingChunks): MissingRange => ({ first, last, disc })
  const backups = backupRows(db).map(({ number, name, started, finished, files, bytes }): RebuiltBackup => ({
    backup: number,
    name,
    started,
    finished,
    files,
    bytes,
    missingChunks: missing.filter(({ backup }) => backup <= number).map(range),
  }))
  const discs = [...new Set(chunks.map(({ chunk }) => chunk.disc))].sort((a, b) => a - b)
  const isEnded = backups.every(({ finished }) => finished !== null)
  return {
    set: chunks[0]?.chunk.set ?? '',
    complete: isEnded && missing.length === 0 && damaged.length === 0,
    backups,
    discs,
    chunks: chunks.length,
    bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    missingDiscs: missingDiscs(db, new Set(discs), missing),
    missingChunks: missing.map(range),
    damaged,
  }
}

/**
 * Discs without a found chunk. If missing chunks have no known disc, these include unseen discs between known
 * ones.
 */
function missingDiscs(
  db: Catalog,
  found: ReadonlySet<number>,
  missing: readonly MissingChunks[],
): RebuildSummary['missingDiscs'] {
  const labels = new Map(discRows(db).map(({ number, label }) => [number, label]))
  const highest = Math.max(0, ...labels.keys(), ...found)
  const isUnknown = missing.some(({ disc }) => disc === null)
  const discs: { disc: number; label: string | null }[] = []
  for (const disc of isUnknown ? Array.from({ length: highest }, (_, i) => i + 1) : labels.keys()) {
    if (!found.has(disc)) discs.push({ disc, label: labels.get(disc) ?? null })
  }
  return discs
}
