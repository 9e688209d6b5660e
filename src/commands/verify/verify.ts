/** `butcher verify`: reads discs completely. */

import path from 'node:path'
import type Database from 'better-sqlite3'
import { type CatalogCandidate, findCatalogs } from '../../catalog/find-catalogs.ts'
import { candidateAt } from '../../catalog/find-discs.ts'
import { fitDisc, isOtherDisc } from '../../catalog/identify-disc.ts'
import { begunDiscs, hasJournal, refuseUnfinished } from '../../catalog/unfinished-set.ts'
import { reportForm } from '../../crypto/passphrase-forms.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { hasSecret, type OpenedSecrets } from '../../crypto/secrets.ts'
import { ButcherError, throwIfAborted, WrongField } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { isImage, inspectFile } from '../../media/disc-files.ts'
import { groupFile } from '../../format/layout.ts'
import { showPath } from '../../format/path-text.ts'
import { digestOf } from '../../media/digest.ts'
import { findDiscFolders } from '../../verify/find-disc-folders.ts'
import { type FileStatus, type Finding, isDamage } from '../../verify/finding.ts'
import { Rescue } from '../../verify/rescue.ts'
import { chunkCounts } from '../../catalog/set-rows.ts'
import { remediesOf } from '../../catalog/remedies.ts'
import { readerOf } from '../../media/reader-of.ts'
import { verifyDiscs, type VerifyOutcome } from '../../verify/verify.ts'
import { checkFields } from '../../options/check-fields.ts'
import { verifyFields } from './verify-fields.ts'
import { fromPlaces } from '../../remote/attach.ts'
import { refuseStore } from '../../remote/refuse-store.ts'
import { type Shown, shownValue } from '../../remote/shown.ts'
import { openCatalog, type OpenCatalog } from '../../set/open-catalog.ts'
import { whileReading } from '../../set/readers.ts'
import { checkRecordable, type DiscReading, type RecordOptions, recordReadings } from './record-readings.ts'
import type { VerifyOptions, VerifySummary } from './verify-options.ts'

/**
 * Reads every file of the discs once, and compares it with the newest catalog given or found, and with the
 * disc's own SHA256SUMS. Damage is reported and counted, not thrown. Throws `usage` if there is no disc,
 * `secret` if it is wrong (or missing, with `mustOpen`), `aborted`.
 */
export async function verify(options: VerifyOptions): Promise<VerifySummary> {
  checkFields('verify', verifyFields, options)
  if (options.record !== undefined) refuseStore('--record', options.record)
  return whileReading('verify', options.from, () => fromPlaces({ ...options, isFresh: true }, verifyHere))
}

async function verifyHere(options: VerifyOptions, shown: Shown): Promise<VerifySummary> {
  const started = Date.now()
  let warnings = 0
  const report: Report = (event) => {
    if (event.type === 'warning') warnings++
    ;(options.report ?? silent)(event)
  }
  const note = (message: string): void => report({ type: 'note', message })
  if (options.index === undefined) {
    for (const place of options.from) if (catalogsIn(place).length === 0) refuseUnfinished(place)
  }
  const found = findDiscFolders(options.from)
  refuseSeveral(options, found)
  const secrets = await openSecrets(options, report)
  const catalog = await catalogOf(options, secrets, report)
  if (catalog?.form) reportForm(report, catalog.form, catalog.origin)
  const fits = new Map(found.map((place) => [place, catalog && fitDisc(catalog.db, candidateAt(place))]))
  const identify = (place: string): number | undefined => fits.get(place)?.disc
  for (const [place, fit] of fits) if (fit?.isOther) note(isOtherDisc(place, fit))
  const begun = options.from.filter(hasJournal).flatMap(begunDiscs)
  const folders = found.filter((folder) => !begun.includes(folder) || identify(folder) !== undefined)
  const recording = recordingOf(options, secrets)
  let rescue: Rescue | undefined
  try {
    if (recording && !catalog) throw noCatalogToRecord(recording.destination)
    if (recording && catalog) {
      checkRecordable(
        catalog.db,
        recording,
        folders.map((place) => ({ place, disc: identify(place) })),
      )
    }
    rescue = rescueOf(options, folders)
    const readings = new Map<number, DiscReading>()
    const known = new Set<string>()
    const damaged = new Map<number, string>()
    const outcome = await verifyDiscs({
      discs: folders.map((folder) => readerOf(folder, rescue)),
      catalog: catalog && { db: catalog.db, setId: catalog.meta.setId },
      secrets,
      identify: ({ place }) => identify(place),
      onFile: (finding) => {
        if (finding.disc !== undefined) {
          known.add(finding.place)
          addReading(readings, finding.disc, finding)
          if (isDamage(finding.status)) damaged.set(finding.disc, finding.place)
        }
        return options.onFile?.(shownValue(finding, shown))
      },
      onLoss: (loss) => options.onLoss?.(shownValue(loss, shown)),
      report,
      signal: options.signal,
    })
    const unreadableBytes = (await rescue?.finish(() => throwIfAborted(options.signal))) ?? null
    // Another form of the passphrase was already reported.
    const heard = catalog?.form ? {} : { report }
    if (recording) await recordReadings({ ...recording, ...heard }, [...readings.values()])
    if (catalog) {
      for (const folder of folders) {
        if (!known.has(folder) && !isSpare(folder)) {
          note(
            `${folder} is a disc that the catalog does not know; it was compared with its own SHA256SUMS only`,
          )
        }
      }
      if (outcome.catalogIsOlder) {
        note(`the catalog ${catalog.origin} is older than these discs: also name a disc that was made later`)
      }
    }
    for (const place of options.from) {
      if (hasJournal(place)) {
        note(
          `${showPath(place)} has an unfinished backup: run butcher backup again, which completes its discs`,
        )
      }
    }
    return {
      ...counted(outcome),
      remedies: catalog ? remediesOf(catalog.db, damaged) : [],
      notHere: catalog ? otherDiscs(catalog.db, outcome.discs) : [],
      unreadableBytes,
      byCatalog: catalog !== undefined,
      warnings,
      seconds: (Date.now() - started) / 1000,
    }
  } finally {
    rescue?.close()
    catalog?.close()
  }
}

/** The newest catalog; undefined, after a report, if none can be read. */
async function catalogOf(
  options: VerifyOptions,
  secrets: OpenedSecrets,
  report: Report,
): Promise<OpenCatalog | undefined> {
  const given = options.record === undefined ? options.from : [...options.from, options.record]
  const places = given.filter((place) => catalogsIn(place).length > 0)
  try {
    return await openCatalog(places, secrets, {
      ...(options.index === undefined ? {} : { index: options.index }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } catch (error) {
    if (!(error instanceof ButcherError) || options.index !== undefined) throw error
    if (error.code !== 'catalog' && error.code !== 'no-set' && error.code !== 'io' && error.code !== 'secret')
      throw error
    if (error.code === 'secret' && !hasSecret(secrets) && options.mustOpen === true) throw error
    if (error.code === 'secret' && hasSecret(secrets)) {
      // A catalog with damaged keys does not open either: then the secret may be right.
      for (const candidate of places.flatMap(catalogsIn)) if (await isSound(candidate)) throw error
    }
    const why =
      error.code === 'secret' && !hasSecret(secrets)
        ? 'the set is encrypted, and no passphrase or key was given'
        : places.length === 0
          ? 'there is no catalog'
          : error.message
    report({
      type: 'warning',
      kind: 'other',
      message:
        `${why}: compared with SHA256SUMS only: this finds decay, but not tampering ` +
        `or files missing from the list, and cannot name the affected source files`,
    })
    return undefined
  }
}

function refuseSeveral({ save, map }: VerifyOptions, places: readonly string[]): void {
  if (save === undefined && map === undefined) return
  if (places.length === 1 && isImage(places[0] as string)) return
  throw new WrongField(
    'verify',
    save === undefined ? 'map' : 'save',
    'is of one image or drive',
    'give an image, or a drive such as /dev/sr0, and no other disc',
  )
}

const rescueOf = ({ save, map }: VerifyOptions, [place]: readonly string[]): Rescue | undefined =>
  save === undefined && map === undefined
    ? undefined
    : new Rescue(place as string, {
        ...(save === undefined ? {} : { save }),
        ...(map === undefined ? {} : { map }),
      })

const recordingOf = ({ record, copy }: VerifyOptions, secrets: OpenedSecrets): RecordOptions | undefined =>
  record === undefined ? undefined : { destination: record, secrets, ...(copy === undefined ? {} : { copy }) }

const noCatalogToRecord = (destination: string): ButcherError =>
  new ButcherError('catalog', `the catalog in ${destination} cannot be read, so nothing could be recorded`, {
    path: destination,
    hint: 'give the destination of the backups, and what opens its catalog',
  })

function addReading(readings: Map<number, DiscReading>, disc: number, { status, bytes }: Finding): void {
  const before = readings.get(disc) ?? { disc, bytes: 0, damaged: 0 }
  const damaged = before.damaged + (isDamage(status) ? 1 : 0)
  readings.set(disc, { disc, bytes: before.bytes + bytes, damaged })
}

const catalogsIn = (place: string): readonly CatalogCandidate[] => findCatalogs([place]).catalogs

/** Also true without a checksum. */
async function isSound({ file, listedSha256 }: CatalogCandidate): Promise<boolean> {
  if (listedSha256 === undefined) return true
  const { sha256 } = await digestOf(readerOf(path.dirname(file)), path.basename(file), () => {})
  return sha256 === listedSha256
}

function counted(outcome: VerifyOutcome) {
  const { files, bytes, counts, discs, lostChunks, lost } = outcome
  const count = (...statuses: FileStatus[]): number =>
    statuses.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0)
  return {
    files,
    bytes,
    sound: count('sound'),
    damaged: count('damaged', 'truncated', 'empty', 'unreadable', 'foreign'),
    missing: count('missing'),
    misplaced: count('misplaced'),
    surplus: count('surplus'),
    unchecked: count('unchecked'),
    discs,
    lostChunks,
    lostFiles: lost.files,
    lostBytes: lost.bytes,
    lostWithCopy: lost.withCopy,
    hasParity: outcome.hasParity,
  }
}

function otherDiscs(db: Database.Database, here: readonly number[]): number[] {
  return [...chunkCounts(db).keys()].filter((disc) => !here.includes(disc))
}

const isSpare = (folder: string): boolean => inspectFile(path.join(folder, groupFile)) !== undefined
