/** A run of `butcher burn`: its drives share the copies to burn, the catalog, and the person who is asked. */

import fs from 'node:fs'
import type { Device } from '../../burn/drive.ts'
import { imageBytes } from '../../burn/disc-image.ts'
import { copyRows, sealDisc } from '../../catalog/disc-life.ts'
import { discRows } from '../../catalog/set-rows.ts'
import { ButcherError, systemText, throwIfAborted } from '../../errors.ts'
import { type ButcherEvent, silent } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import type { ChangingSet } from '../../set/change-set.ts'
import { type DiscSource, imageSourceOf, refuseOverfull } from '../../set/disc-source.ts'
import { UnreadCopy } from './burn-copy.ts'
import { deviceOutside } from './burn-devices.ts'
import { BurnInDrive } from './burn-in-drive.ts'
import type { BurnedCopy, BurnOptions, BurnSummary } from './burn-options.ts'
import { checkStaged } from './check-staged.ts'
import { type CheckedDisc, CopiesToBurn, type TakenCopy } from './copies-to-burn.ts'
import { removeStaged } from './remove-staged.ts'

/** The shared part of all drives: what is left to burn, the catalog, and the results. */
export class BurnJob {
  readonly #changing: ChangingSet
  readonly #options: BurnOptions
  readonly #copies: CopiesToBurn
  readonly #burned: BurnedCopy[] = []
  readonly #removed: number[] = []
  #spoilt = 0
  /** The error that ends the work of all drives. */
  #fatal: unknown
  #saving: Promise<void> = Promise.resolve()
  #asking: Promise<unknown> = Promise.resolve()
  /** A copy was burned, and its drive failed before it was read back. */
  #isUnread = false

  constructor(changing: ChangingSet, options: BurnOptions, wanted: readonly DiscSource[]) {
    this.#options = options
    this.#changing = { ...changing, save: () => this.#save(changing) }
    this.#copies = new CopiesToBurn(wanted, options.copies ?? 1, {
      check: (source) => this.#check(source),
      finish: (source) => {
        if (options.removeStaged === true) this.#remove(source)
      },
    })
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

  /** Resolves once nothing is left. Throws if a copy is still missing, or was not read back. */
  async run(devices: readonly string[]): Promise<void> {
    const isAlone = devices.length === 1
    const failures = await Promise.all(
      devices.map((device) => this.#serve(device, isAlone ? this.#options : this.#besideOthers(device))),
    )
    throwIfAborted(this.#options.signal)
    if (this.#fatal !== undefined) throw this.#fatal
    const [failure] = failures.filter((error) => error !== undefined)
    if (failure !== undefined && (isAlone || this.#isUnread || this.#copies.isLacking)) throw failure
  }

  /** Resolves with the error that ended the work of this drive. The others go on. */
  async #serve(device: string, options: BurnOptions): Promise<unknown> {
    let recorded: readonly BurnedCopy[] = []
    const drive = new BurnInDrive(this.#changing, options, {
      keptVolumeIds: () => this.#keptVolumeIds(),
      onBurned: (copy) => {
        recorded = [copy]
        this.#burned.push(copy)
        options.onCopy?.(copy)
      },
      onSpoilt: () => void this.#spoilt++,
      warn: (message) => this.#warn(message),
    })
    try {
      for (;;) {
        const taken = await this.#take()
        if (taken === undefined) return undefined
        const { checked, copy, end } = taken
        recorded = []
        let isUnread = false
        try {
          await drive.burn(checked, copy, this.#parse(device, checked.source.row.number, copy))
        } catch (error) {
          isUnread = error instanceof UnreadCopy
          this.#isUnread ||= isUnread
          throw error
        } finally {
          end(isUnread || recorded.some(({ verified }) => verified), isUnread || recorded.length > 0)
        }
      }
    } catch (error) {
      if (error instanceof ButcherError && error.code === 'aborted') this.#endAll(error)
      if (this.#fatal === undefined && options !== this.#options)
        this.#warn(`${device} gets no more discs: ${systemText(error)}`)
      return error
    }
  }

  /** An error in the staged files, or of the catalog, is not one of the drive. */
  async #take(): Promise<TakenCopy | undefined> {
    try {
      return await this.#copies.take()
    } catch (error) {
      this.#endAll(error)
      throw error
    }
  }

  #endAll(error: unknown): void {
    this.#fatal ??= error
    this.#copies.close()
  }

  /** Only one drive at a time writes the catalog. */
  async #save(changing: ChangingSet): Promise<void> {
    this.#saving = this.#saving.then(changing.save)
    try {
      await this.#saving
    } catch (error) {
      this.#endAll(error)
      throw error
    }
  }

  async #check(source: DiscSource): Promise<CheckedDisc> {
    const { set, save } = this.#changing
    const { report = silent, signal } = this.#options
    this.#tellUnread(source)
    const image = source.folder === undefined ? undefined : imageSourceOf(set.db, source)
    const bytes = image ? await imageBytes(image, signal) : fs.statSync(source.image).size
    refuseOverfull(source, bytes)
    await checkStaged(set, source, report, signal)
    sealDisc(set.db, source.row.number)
    await save()
    return { source, image, bytes }
  }

  #parse(device: string, disc: number, copy: number): Device {
    return deviceOutside(device, disc, copy, this.#changing.destination)
  }

  /** Only one drive at a time may prompt. Its progress says which drive it is of. */
  #besideOthers(device: string): BurnOptions {
    const { requestBlank, requestReload, confirmErase, report } = this.#options
    const inTurn =
      <Question>(ask: (question: Question) => Promise<boolean>) =>
      (question: Question): Promise<boolean> => {
        const answer = this.#asking.then(() => !this.#copies.isClosed && ask(question))
        this.#asking = answer.catch(() => {})
        return answer
      }
    return {
      ...this.#options,
      ...(requestBlank && { requestBlank: inTurn(requestBlank) }),
      ...(requestReload && { requestReload: inTurn(requestReload) }),
      ...(confirmErase && { confirmErase: inTurn(confirmErase) }),
      ...(report && { report: (event: ButcherEvent) => report(ofDevice(event, device)) }),
    }
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

  #warn(message: string): void {
    this.#options.report?.({ type: 'warning', kind: 'other', message })
  }

  #note(message: string): void {
    this.#options.report?.({ type: 'note', message })
  }
}

const ofDevice = (event: ButcherEvent, device: string): ButcherEvent =>
  event.type === 'stage' || event.type === 'progress' ? { ...event, device } : event
