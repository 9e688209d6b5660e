/** Finding and opening the newest catalog of a set, wherever the user says the set is. */

import { createHash } from 'node:crypto'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { type CatalogCandidate, findCatalogs } from '../catalog/find-catalogs.ts'
import { identifyDisc } from '../catalog/identify-disc.ts'
import { type CatalogChecks, type CatalogMeta, openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import { type PassphraseForm, sayForm } from '../crypto/passphrase-forms.ts'
import { unlockSecrets } from '../crypto/private-key.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { makeScratch } from '../files/scratch.ts'
import { bytesOf, isInImage } from '../image/disc-files.ts'
import { firstBytes, isSqlite, unpackCatalog, usesWriteAheadLog } from './unpack-catalog.ts'

export interface OpenCatalog {
  readonly db: Database.Database
  readonly meta: CatalogMeta
  /** The file it was read from. */
  readonly origin: string
  /** Of the passphrase, where it is another than the given one. */
  readonly form: PassphraseForm | undefined
  /** Folders of the discs that were found, by number. */
  readonly discs: ReadonlyMap<number, string>
  /** The folders of all discs of the set that were found, second copies too. */
  readonly folders: readonly string[]
  readonly close: () => void
}

export interface OpenCatalogOptions {
  /** A catalog file to go by instead of the newest one found. */
  readonly index?: string
  /** Default `whole`, as it is in any case of several catalogs: one that is damaged gives way to another then. */
  readonly checks?: CatalogChecks
  readonly report?: Report
  readonly signal?: AbortSignal
}

/**
 * Opens the newest of the catalogs in `from`: destinations of backup, discs, folders of discs, catalog files. Plain ones
 * are read where they are, others from a copy outside the set that has no name any more once it is open.
 *
 * Throws `no-set` if there is none, `catalog` if all are damaged, or of different sets; `secret` where one
 * cannot be opened without another passphrase or key.
 */
export async function openCatalog(
  from: readonly string[],
  secrets: Secrets,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog> {
  const report = options.report ?? silent
  const index = options.index === undefined ? undefined : findCatalogs([options.index]).catalogs
  const found =
    index && from.length === 0 ? { catalogs: [], discs: [] } : findPlaces(from, index !== undefined)
  const unlocked = await unlockSecrets(secrets, report)
  const newest = await openNewest(index ?? found.catalogs, unlocked, report, options)
  if (newest.form) sayForm(report, newest.form, newest.origin)
  warnOfMissing(newest, report)
  const discs = new Map<number, string>()
  const folders: string[] = []
  for (const candidate of found.discs) {
    const disc = identifyDisc(newest.db, candidate)
    if (disc === undefined) {
      report({
        type: 'warning',
        kind: 'other',
        path: candidate.folder,
        message: `${candidate.folder} is no disc that the catalog knows: it is left out`,
      })
    } else {
      folders.push(candidate.folder)
      if (!discs.has(disc)) discs.set(disc, candidate.folder)
    }
  }
  return { ...newest, discs, folders, close: () => void newest.db.close() }
}

function findPlaces(from: readonly string[], indexGiven: boolean): ReturnType<typeof findCatalogs> {
  try {
    return findCatalogs(from)
  } catch (error) {
    // With --index, discs whose own catalogs are lost will do.
    if (indexGiven) return { catalogs: [], discs: [] }
    throw error
  }
}

/** A catalog that was made again from a part of the chunks cannot know what it lacks. */
function warnOfMissing({ db, origin }: Opened, report: Report): void {
  const missing = db.prepare(`SELECT value FROM meta WHERE key = 'missing'`).pluck().get() as
    string | undefined
  if (missing === undefined) return
  const message = `${origin} was made again without chunks ${missing}: what is only there is not known to it`
  report({ type: 'warning', kind: 'other', path: origin, message })
}

interface Opened {
  readonly db: Database.Database
  readonly meta: CatalogMeta
  readonly origin: string
  /** Of the passphrase, where it is another than the given one. */
  readonly form: PassphraseForm | undefined
}

/** Opens each catalog that differs from those before, and keeps the newest. */
async function openNewest(
  candidates: readonly CatalogCandidate[],
  secrets: Secrets,
  report: Report,
  { signal, checks = 'whole' }: OpenCatalogOptions,
): Promise<Opened> {
  const isOnly = candidates.length === 1
  let newest: Opened | undefined
  let trouble: ButcherError | undefined
  const seen = new Set<string>()
  for (const candidate of candidates) {
    const identity = isOnly ? candidate.file : await identityOf(candidate)
    if (seen.has(identity)) continue
    let opened: Opened
    try {
      opened = await openOne(candidate.file, secrets, isOnly ? checks : 'whole', signal)
      seen.add(identity) // a damaged copy does not stand for a sound one that SHA256SUMS calls the same
    } catch (error) {
      const failure = asButcherError(error, 'cannot read the catalog', candidate.file)
      if (failure.code !== 'catalog' && failure.code !== 'io' && failure.code !== 'secret') {
        newest?.db.close()
        throw failure
      }
      // One that is damaged where its keys are looks as if the secret were wrong: another tells.
      if (trouble === undefined || failure.code === 'secret') trouble = failure
      if (!isOnly) {
        report({
          type: 'warning',
          kind: 'other',
          path: candidate.file,
          message: `${failure.message}: looking for another`,
        })
      }
      continue
    }
    if (newest && newest.meta.setId !== opened.meta.setId) {
      const both = `${newest.origin} and ${opened.origin} are catalogs of different sets`
      newest.db.close()
      opened.db.close()
      throw new ButcherError('catalog', both, { hint: 'give the discs of one set at a time' })
    }
    if (newest === undefined || opened.meta.revision > newest.meta.revision) {
      newest?.db.close()
      newest = opened
    } else {
      opened.db.close()
    }
  }
  if (newest === undefined) throw trouble ?? new ButcherError('catalog', 'no catalog was given')
  return newest
}

async function openOne(
  file: string,
  secrets: Secrets,
  checks: CatalogChecks,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const head = firstBytes(file)
  if (isSqlite(head) && !usesWriteAheadLog(head) && !isInImage(file)) {
    return withMeta(openCatalogFile(file, file, checks), file, undefined)
  }
  // The open catalog does not need its name: the folder goes at once.
  using scratch = makeScratch('catalog')
  const copy = path.join(scratch.folder, 'catalog.sqlite')
  const form = await unpackCatalog(file, secrets, copy, signal)
  return withMeta(openCatalogFile(copy, file, checks), file, form)
}

function withMeta(db: Database.Database, origin: string, form: PassphraseForm | undefined): Opened {
  try {
    return { db, meta: readMeta(db, origin), origin, form }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Equal for equal files; a checksum from the disc saves reading the file. */
async function identityOf(candidate: CatalogCandidate): Promise<string> {
  if (candidate.listedSha256 !== undefined) return `${candidate.sizeBytes} ${candidate.listedSha256}`
  try {
    const hash = createHash('sha256')
    for await (const bytes of bytesOf(candidate.file)) hash.update(bytes)
    return `${candidate.sizeBytes} ${hash.digest('hex')}`
  } catch {
    return candidate.file // opening it will say what is wrong
  }
}
