/** Finds and opens the newest catalog of a set, wherever the user says the set is. */

import type Database from 'better-sqlite3'
import { type CatalogCandidate, findCatalogs, type Found } from '../catalog/find-catalogs.ts'
import type { DiscCandidate } from '../catalog/find-discs.ts'
import { byFit, type DiscFit, fitDisc, isOtherDisc } from '../catalog/identify-disc.ts'
import type { CatalogChecks, CatalogMeta } from '../catalog/read-catalog.ts'
import { type PassphraseForm, reportForm } from '../crypto/passphrase-forms.ts'
import { refuseUnfinished } from '../catalog/unfinished-set.ts'
import { hideForgotten } from '../catalog/marks.ts'
import { getMeta } from '../catalog/working-catalog.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { attach } from '../remote/attach.ts'
import type { StoreUser } from '../remote/remote-options.ts'
import { type Shown, shownError, shownReport } from '../remote/shown.ts'
import { CatalogsOfSet } from './catalogs-of-set.ts'
import type { OpenedCatalog } from './open-catalog-file.ts'

export interface OpenCatalog {
  readonly db: Database.Database
  readonly meta: CatalogMeta
  /** The file that it was read from. */
  readonly origin: string
  /** The form of the passphrase that opened it, if it differs from the given one. */
  readonly form: PassphraseForm | undefined
  /** The folders of the discs that were found, by number. */
  readonly discs: ReadonlyMap<number, string>
  /** The folders of all discs found, including second copies. */
  readonly folders: readonly string[]
  /** The discs by number, as the user named their places: a set in a store is in a folder for this time. */
  readonly places: ReadonlyMap<number, string>
  /** A text with the places as the user named them. */
  readonly shown: Shown
  readonly close: () => void
}

export interface OpenCatalogOptions extends StoreUser {
  /** A catalog file to use instead of the newest one found. */
  readonly index?: string
  /** Default `whole`, which several catalogs always get: a damaged one is then replaced by another. */
  readonly checks?: CatalogChecks
  /** Forgotten backups are there like others. */
  readonly forgotten?: boolean
  readonly report?: Report
  readonly signal?: AbortSignal
}

/**
 * Opens the newest catalog in `from`: destinations, discs, folders of discs, catalog files. Plain ones are
 * read in place, others from an unlinked copy outside the set. Throws `no-set` if there is none, `catalog` if
 * all are damaged or of different sets, and `secret` if one needs another passphrase or key.
 */
export async function openCatalog(
  from: readonly string[],
  secrets: OpenedSecrets,
  options: OpenCatalogOptions = {},
): Promise<OpenCatalog> {
  const attached = await attach(from, options)
  try {
    const report = shownReport(options.report ?? silent, attached.shown)
    const catalog = await openHere(attached.folders, secrets, { ...options, report })
    const close = (): void => {
      catalog.close()
      attached.detach()
    }
    const places = new Map([...catalog.discs].map(([disc, folder]) => [disc, attached.shown(folder)]))
    return { ...catalog, places, shown: attached.shown, close }
  } catch (error) {
    attached.detach()
    throw shownError(error, attached.shown)
  }
}

async function openHere(
  from: readonly string[],
  secrets: OpenedSecrets,
  options: OpenCatalogOptions & { readonly report: Report },
): Promise<Omit<OpenCatalog, 'places' | 'shown'>> {
  const { report } = options
  const found = findCatalogs(from)
  const candidates = candidatesFor(from, found, options.index)
  if (options.index !== undefined) {
    for (const { message } of found.nothing) report({ type: 'note', message })
  }
  const opening = new CatalogsOfSet(secrets, report, options)
  await opening.openAll(candidates)
  if (options.index === undefined) await opening.openOthers(candidates.others, found.discs)
  const newest = opening.newest()
  if (newest.form) reportForm(report, newest.form, newest.origin)
  if (options.forgotten !== true) hideForgotten(newest.db)
  warnOfMissing(newest, report)
  const { discs, folders } = knownDiscs(newest.db, found.discs, report)
  return { ...newest, discs, folders, close: () => void newest.db.close() }
}

interface Candidates {
  readonly catalogs: readonly CatalogCandidate[]
  /** The candidates to try if none of `catalogs` can be read. */
  readonly others: readonly CatalogCandidate[]
}

/** With --index, discs may lack their own catalogs, and a drive may still be empty. */
function candidatesFor(from: readonly string[], found: Found, index: string | undefined): Candidates {
  if (index !== undefined) {
    const { catalogs, others, nothing } = findCatalogs([index])
    if (nothing[0]) throw nothing[0]
    if (catalogs.length === 0) throw noCatalogOn([index], [])
    return { catalogs, others }
  }
  if (found.catalogs.length === 0) from.forEach(refuseUnfinished)
  if (found.nothing[0]) throw found.nothing[0]
  if (found.catalogs.length === 0) throw noCatalogOn(from, found.discs)
  return found
}

function noCatalogOn(from: readonly string[], discs: readonly DiscCandidate[]): ButcherError {
  const places = from.join(', ')
  const why =
    discs.length === 0 ? '' : `: there ${discs.length === 1 ? 'is a disc' : 'are discs'} without one`
  const path = from.length === 1 ? { path: places } : {}
  return new ButcherError(discs.length === 0 ? 'no-set' : 'catalog', `no catalog in ${places}${why}`, {
    ...path,
    hint:
      discs.length === 0
        ? 'give a destination of backup, a disc, a folder of discs, or a catalog file'
        : 'butcher rebuild makes a catalog from the chunks; then give it by --index',
  })
}

/** The best copy of each disc, and all disc folders. Reports the copies that are left out. */
function knownDiscs(
  db: Database.Database,
  candidates: readonly DiscCandidate[],
  report: Report,
): Pick<OpenCatalog, 'discs' | 'folders'> {
  const best = new Map<number, { readonly folder: string; readonly fit: DiscFit }>()
  const folders: string[] = []
  for (const { folder, ...rest } of candidates) {
    const fit = fitDisc(db, { folder, ...rest })
    if (fit === undefined || fit.isOther) {
      const message = fit ? isOtherDisc(folder, fit) : `${folder} is a disc that the catalog does not know`
      report({ type: 'warning', kind: 'other', path: folder, message: `${message}: it is left out` })
      continue
    }
    folders.push(folder)
    const before = best.get(fit.disc)
    if (before === undefined || byFit(before.fit, fit) > 0) best.set(fit.disc, { folder, fit })
  }
  return { discs: new Map([...best].map(([disc, { folder }]) => [disc, folder])), folders }
}

/** A catalog rebuilt from a part of the chunks cannot know its own gaps. */
function warnOfMissing({ db, origin }: OpenedCatalog, report: Report): void {
  const missing = getMeta(db, 'missing')
  if (missing === undefined) return
  const message = `${origin} was rebuilt without chunks ${missing}: it does not have the files that only they hold`
  report({ type: 'warning', kind: 'other', path: origin, message })
}
