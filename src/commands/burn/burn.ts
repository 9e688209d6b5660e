/** `butcher burn`: burns discs, reads them back, records the copies. */

import fs from 'node:fs'
import path from 'node:path'
import { addressOf, type Device, findDrives, parseDevice } from '../../burn/drive.ts'
import { imageBytes } from '../../burn/disc-image.ts'
import { eject, inspectMedium } from '../../burn/medium-in-drive.ts'
import { isSpeed } from '../../burn/write-disc.ts'
import { findXorriso } from '../../burn/xorriso.ts'
import { copyRows, sealDisc } from '../../catalog/disc-life.ts'
import { discRows } from '../../catalog/set-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { secretsOpener } from '../../crypto/private-key.ts'
import type { SecretsOpener } from '../../crypto/secrets.ts'
import { ButcherError, throwIfAborted } from '../../errors.ts'
import { silent } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import { checkFields } from '../../options/check-fields.ts'
import { burnFields } from './burn-fields.ts'
import { burnCopy, SpoiltBlank } from './burn-copy.ts'
import type { BurnedCopy, BurnOptions, BurnPlan, BurnSummary } from './burn-options.ts'
import { isWithin } from '../../files/is-within.ts'
import { changeOpenedSet, type ChangingSet } from '../../set/change-set.ts'
import { checkStaged } from './check-staged.ts'
import {
  chosenDiscs,
  type DiscSource,
  imageSourceOf,
  refuseOverfull,
  stagedDiscs,
} from '../../set/disc-source.ts'
import { loadBlank } from './load-blank.ts'
import { removeStaged } from './remove-staged.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Burns the wanted copies. Throws like `changeSet`, and `usage`, `program`, `missing-disc`. Also `medium` if
 * no blank fits and nobody can be asked, and `damaged` if the folder or a burned copy is. The copies burned
 * so far are recorded, and the same call continues.
 */
export async function burn(options: BurnOptions): Promise<BurnSummary> {
  checkFields('burn', burnFields, options)
  refuseStore('burn', options.destination)
  return runBurn(options, secretsOpener(options))
}

/** `burn` with checked options. Several runs may share their opened secrets. */
export async function runBurn(options: BurnOptions, open: SecretsOpener): Promise<BurnSummary> {
  throwIfAborted(options.signal)
  const started = Date.now()
  const device = await chooseDevice(options)
  const secrets = await open(options.report)
  return changeOpenedSet({ ...options, secrets }, async (changing) => {
    const job = new BurnJob(changing, options, device)
    const wanted = chosen(changing.set.db, changing.destination, options)
    refuseOneFile(wanted, device, options)
    for (const source of wanted) await job.burnDisc(source)
    return { ...job.done, seconds: (Date.now() - started) / 1000 }
  })
}

/** The plan of `burn`. Writes nothing. */
export async function planBurn(db: Catalog, options: BurnOptions): Promise<BurnPlan> {
  const device = await chooseDevice(options)
  const discs: BurnPlan['discs'][number][] = []
  const media = new Map<string, BurnPlan['media'][number]>()
  const { copies = 1 } = options
  const wanted = chosen(db, path.resolve(options.destination), options)
  refuseOneFile(wanted, device, { ...options, copies: 1 })
  for (const source of wanted) {
    if (source.goodCopies >= copies) continue
    const image = source.folder === undefined ? undefined : imageSourceOf(db, source)
    const bytes = image ? await imageBytes(image, options.signal) : fs.statSync(source.image).size
    refuseOverfull(source, bytes)
    const at = deviceOutside(device, source.row.number, source.nextCopy, options.destination)
    const address = addressOf(at)
    discs.push({
      disc: source.row.number,
      label: source.row.label,
      bytes,
      copies: copies - source.goodCopies,
      from: image ? 'folder' : 'image',
      device: address,
    })
    if (media.has(address)) continue
    const { type, state, freeBytes } = await inspectMedium(at, options.signal)
    media.set(address, { device: address, type, state, freeBytes })
  }
  return { discs, media: [...media.values()] }
}

/** Throws `usage` if several images would go into one file: the first one would block the second. */
function refuseOneFile(wanted: readonly DiscSource[], device: string, options: BurnOptions): void {
  if (options.requestBlank !== undefined || !device.startsWith('stdio:')) return
  const files = wanted.flatMap(({ row, goodCopies, nextCopy }) =>
    Array.from({ length: Math.max(0, (options.copies ?? 1) - goodCopies) }, (_, i) =>
      parseDevice(device, row.number, nextCopy + i),
    ),
  )
  const discs = new Set(wanted.map(({ row }) => row.number)).size
  if (new Set(files.map(({ file }) => file)).size === files.length) return
  throw new ButcherError('usage', `${showPath(device)} is one file for several images`, {
    hint:
      discs > 1
        ? 'put %d into its name, which becomes the number of the disc'
        : 'put %c into its name, which becomes the number of the copy',
  })
}

/** The given device, or the only drive. Throws `usage`. */
async function chooseDevice({ device, speed, signal }: BurnOptions): Promise<string> {
  findXorriso()
  if (speed !== undefined && !isSpeed(speed)) {
    throw new ButcherError('usage', `'${speed}' is not a speed`, { hint: 'write 4, 8x or 2000k' })
  }
  if (device !== undefined) {
    parseDevice(device, 1, 1)
    return device
  }
  const drives = await findDrives(signal)
  if (drives.length === 1 && drives[0]) return drives[0].file
  throw drives.length === 0
    ? new ButcherError('usage', 'no drive was found', {
        hint: 'name it with --device /dev/sr0, or burn into a file: --device stdio:disc-%d.iso',
      })
    : new ButcherError(
        'usage',
        `there are several drives: ${drives.map(({ file, name }) => `${file} (${name})`).join(', ')}`,
        {
          hint: 'say which with --device',
        },
      )
}

/**
 * Throws `usage` for a file in the destination as well: files there belong to the set, and may be removed
 * after the burn.
 */
function deviceOutside(text: string, disc: number, copy: number, destination: string): Device {
  const device = parseDevice(text, disc, copy)
  if (device.kind === 'drive' || !isWithin(destination, device.file)) return device
  throw new ButcherError('usage', `${addressOf(device)} is in the destination`, {
    hint: 'burn into a file elsewhere; butcher iso makes images there',
  })
}

const chosen = (db: Catalog, destination: string, { discs = [] }: BurnOptions): DiscSource[] =>
  discs.length > 0 ? chosenDiscs(db, destination, discs) : stagedDiscs(db, destination)

class BurnJob {
  readonly #changing: ChangingSet
  readonly #options: BurnOptions
  readonly #device: string
  readonly #burned: BurnedCopy[] = []
  readonly #removed: number[] = []
  /** Addresses of drives that still hold a disc burned in this run. */
  readonly #used = new Set<string>()
  #spoilt = 0

  constructor(changing: ChangingSet, options: BurnOptions, device: string) {
    this.#changing = changing
    this.#options = options
    this.#device = device
  }

  get done(): Omit<BurnSummary, 'seconds'> {
    return {
      discs: [...new Set(this.#burned.map(({ disc }) => disc))],
      copies: this.#burned.length,
      bytes: this.#burned.reduce((sum, { bytes }) => sum + bytes, 0),
      verified: this.#burned.filter(({ verified }) => verified).length,
      spoilt: this.#spoilt,
      removed: this.#removed,
    }
  }

  /** Burns the missing copies, then removes the staged files if `removeStaged`. */
  async burnDisc(source: DiscSource): Promise<void> {
    if (source.goodCopies < (this.#options.copies ?? 1)) {
      this.#tellUnread(source)
      await this.#burnCopies(source)
    }
    if (this.#options.removeStaged === true) this.#remove(source)
  }

  async #burnCopies(source: DiscSource): Promise<void> {
    const { set, save } = this.#changing
    const { report = silent, signal, copies = 1 } = this.#options
    const image = source.folder === undefined ? undefined : imageSourceOf(set.db, source)
    const bytes = image ? await imageBytes(image, signal) : fs.statSync(source.image).size
    refuseOverfull(source, bytes)
    await checkStaged(set, source, report, signal)
    sealDisc(set.db, source.row.number)
    await save()
    for (let good = source.goodCopies, copy = source.nextCopy; good < copies;) {
      const device = this.#parse(source.row.number, copy)
      const address = addressOf(device)
      const { number: disc, label } = source.row
      const medium = await loadBlank(
        device,
        { disc, label, copy, bytes },
        { ...this.#options, isUsed: this.#used.has(address), keptVolumeIds: this.#keptVolumeIds() },
      )
      this.#used.add(address)
      try {
        const burned = await burnCopy(
          this.#changing,
          { source, image, copy, bytes, device, medium },
          this.#options,
        )
        this.#burned.push(burned)
        this.#options.onCopy?.(burned)
        copy++
        // Ejects the disc for labelling and for the next blank. If it stays in, the next blank is requested
        // anyway.
        if (device.kind === 'drive') await eject(device, signal).catch(() => {})
        if (burned.verified) good++
        else this.#goOn(damaged(burned))
      } catch (error) {
        if (!(error instanceof SpoiltBlank)) throw error
        this.#spoilt++
        if (signal?.aborted) report({ type: 'warning', kind: 'other', message: error.message })
        throwIfAborted(signal)
        this.#goOn(error)
      }
    }
  }

  #parse(disc: number, copy: number): Device {
    return deviceOutside(this.#device, disc, copy, this.#changing.destination)
  }

  /** If somebody can insert another blank, the failure is only reported; otherwise it ends the run. */
  #goOn(error: ButcherError): void {
    if (this.#options.requestBlank === undefined) throw error
    this.#options.report?.({ type: 'warning', kind: 'other', message: error.message })
  }

  #keptVolumeIds(): ReadonlySet<string> {
    const { db } = this.#changing.set
    return new Set(
      discRows(db)
        .filter(({ number }) => copyRows(db, number).length > 0)
        .map(({ label }) => label),
    )
  }

  /** The catalog already has the copies. */
  #remove(source: DiscSource): void {
    const disc = source.row.number
    if (removeStaged(this.#changing.set.db, source, this.#options.copies ?? 1)) this.#removed.push(disc)
    else this.#note(`disc ${disc} stays staged: not every copy of it was read back`)
  }

  /** A copy that only the user recorded may hold anything: it counts once butcher has read it. */
  #tellUnread({ row, unread }: DiscSource): void {
    for (const { copy, location } of unread) {
      const place = location === null ? '' : ` (at: ${showPath(location)})`
      this.#note(
        `disc ${row.number}, copy ${copy}${place} was not burned or read by butcher, and does not count ` +
          `(butcher verify --record makes it count)`,
      )
    }
  }

  #note(message: string): void {
    this.#options.report?.({ type: 'note', message })
  }
}

const damaged = ({ disc, copy, device }: BurnedCopy): ButcherError =>
  new ButcherError('damaged', `disc ${disc}, copy ${copy}, in ${device} is not as it was burned`, {
    hint: 'it is recorded as damaged; the same command burns another copy',
  })
