/** Finds discs: among the given places, in a watched drive, or where the user says. */

import { setTimeout as wait } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { copyRows } from '../catalog/disc-life.ts'
import { findDiscs } from '../catalog/find-discs.ts'
import { fitDisc, identifyDisc, isOtherDisc } from '../catalog/identify-disc.ts'
import { discRows } from '../catalog/set-rows.ts'
import { spareRows } from '../catalog/spare-rows.ts'
import { throwIfAborted } from '../errors.ts'
import type { Report } from '../events.ts'
import { counted } from '../format/counted-text.ts'
import { imageAt } from '../media/disc-files.ts'
import { discFolder } from '../format/layout.ts'
import { shellWord } from '../format/shell-word.ts'
import type { OpenCatalog } from './open-catalog.ts'
import type { WantedDisc } from './needed-disc.ts'

/** After this many wrong discs in a row, nobody seems to read the question. */
const mostAsked = 20
/** Inspecting an empty drive costs nothing; loading a disc takes it some seconds anyway. */
const inspectEveryMs = 500

export interface FinderOptions {
  /** The places that the user gave, and drives that may be empty. */
  readonly from: readonly string[]
  readonly devices?: readonly string[]
  /** Asks for nothing, and tells nothing. */
  readonly dryRun?: boolean
  /** Asks the user for a disc, see `RestoreOptions`. */
  readonly requestDisc?: (disc: WantedDisc, found: AbortSignal, again: boolean) => Promise<string | undefined>
  readonly signal?: AbortSignal
}

type KnownDiscs = Pick<OpenCatalog, 'db' | 'discs' | 'folders'>

type DiscNeed = Pick<WantedDisc, 'disc' | 'chunks' | 'bytes'>

export class DiscFinder {
  readonly #catalog: KnownDiscs
  readonly #options: FinderOptions
  readonly #report: Report
  readonly #found: Map<number, string>
  readonly #watched: readonly string[]
  /** The content of each watched place at its last inspection. */
  readonly #seen: Map<string, string>

  constructor(catalog: KnownDiscs, options: FinderOptions, report: Report) {
    this.#catalog = catalog
    this.#options = options
    this.#report = report
    this.#found = new Map(catalog.discs)
    this.#watched = [...new Set([...options.from, ...(options.devices ?? [])])]
    this.#seen = new Map(this.#watched.map((place) => [place, contentsOf(place)]))
  }

  /** The place of a disc that is at hand, without asking. */
  atHand(disc: number): string | undefined {
    const place = this.#found.get(disc)
    if (place === undefined || this.#isThere(disc, place)) return place
    this.#found.delete(disc) // another one is in that drive by now
    const other = this.folders().find((folder) => this.#isThere(disc, folder))
    if (other !== undefined) this.#found.set(disc, other)
    return other
  }

  /** The same, but asks and waits if it is not at hand; undefined if the user does not have it. */
  async locate(need: DiscNeed): Promise<string | undefined> {
    const known = this.atHand(need.disc)
    if (known !== undefined || this.#options.dryRun) return known
    const needed = this.describe(need)
    this.#report({ type: 'disc', disc: need.disc, state: 'needed', label: needed.label })
    for (let asked = 0; asked < mostAsked; asked++) {
      this.#inspectWatched(need.disc)
      if (this.#found.has(need.disc)) break
      const answer = await this.#ask(needed, asked > 0)
      if (answer === undefined) break
      if (this.#found.has(need.disc)) break
      this.#lookWhereTold(need.disc, answer)
    }
    const place = this.#found.get(need.disc)
    if (place === undefined) this.#tellMissing(needed)
    return place
  }

  /** The same, and looks once more in the watched places; all places of the disc, the best first. */
  placesOf(disc: number): readonly string[] {
    let best = this.atHand(disc)
    if (best === undefined) {
      this.#inspectWatched(disc)
      best = this.#found.get(disc)
    }
    const others = this.#catalog.folders.filter((folder) => folder !== best && this.#isThere(disc, folder))
    return best === undefined ? others : [best, ...others]
  }

  folders(): readonly string[] {
    return [...new Set([...this.#found.values(), ...this.#catalog.folders])]
  }

  describe({ disc, chunks, bytes }: DiscNeed): WantedDisc {
    const { db } = this.#catalog
    const row = discRows(db).find(({ number }) => number === disc)
    const copies = copyRows(db, disc).map(({ copy, state, location }) => ({ copy, state, location }))
    const kept = copies.filter(({ state, location }) => state !== 'lost' && location !== null)
    const location =
      kept.length === 0 || copies.length === 1
        ? (row?.location ?? null)
        : kept
            .map((one) => `${one.location} (copy ${one.copy}${one.state === 'damaged' ? ', damaged' : ''})`)
            .join('; ')
    return { disc, chunks, bytes, label: row?.label ?? '', location, copies, spares: sparesOf(db, disc) }
  }

  /** Resolves with the answer, or with an empty answer once the disc appears in a watched place. */
  async #ask(needed: WantedDisc, again: boolean): Promise<string | undefined> {
    const { requestDisc, signal } = this.#options
    if (!requestDisc) return undefined
    const found = new AbortController()
    const stop = (): void => found.abort()
    signal?.addEventListener('abort', stop, { once: true })
    let answered: { readonly place: string | undefined } | undefined
    const question = requestDisc(needed, found.signal, again).then((place) => (answered = { place }))
    question.catch(() => {}) // told below
    try {
      while (answered === undefined) {
        await Promise.race([question, wait(inspectEveryMs, undefined, { signal: found.signal })])
        if (answered === undefined) this.#inspectWatched(needed.disc)
        if (this.#found.has(needed.disc)) return ''
      }
      throwIfAborted(signal)
      return (answered as { readonly place: string | undefined }).place
    } catch (error) {
      throwIfAborted(signal, error)
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      found.abort()
    }
  }

  /** Finds discs that were inserted since the last inspection, whichever disc is needed. */
  #inspectWatched(wanted: number): void {
    for (const place of this.#watched) {
      const contents = contentsOf(place)
      if (contents === this.#seen.get(place)) continue
      this.#seen.set(place, contents)
      if (contents === '') continue
      const here = this.#inspectPlace(place)
      if (!here.includes(wanted)) this.#note(`${place}: ${whatIs(place, here)}; disc ${wanted} is wanted`)
    }
  }

  #lookWhereTold(wanted: number, answer: string): void {
    const places = answer === '' ? this.#watched : [answer]
    const looked = places.map((place) => ({ place, here: this.#inspectPlace(place) }))
    if (this.#found.has(wanted)) return
    if (answer === '') return this.#note(`  it is not at ${places.join(', ')}`)
    const here = looked[0]?.here ?? []
    if (findDiscs(answer).length === 0) return this.#note(`  there is no disc at ${answer}`)
    const what = here.length === 0 ? 'no disc of this set' : `disc ${here.join(', ')}`
    this.#warn(`disc ${wanted} is not in ${answer}: there is ${what}`)
  }

  /** Records which discs of the set are in a place. */
  #inspectPlace(place: string): number[] {
    const here: number[] = []
    for (const candidate of findDiscs(place)) {
      const fit = fitDisc(this.#catalog.db, candidate)
      if (fit?.isOther) this.#warn(isOtherDisc(candidate.folder, fit))
      if (fit === undefined || fit.isOther) continue
      this.#found.set(fit.disc, candidate.folder)
      here.push(fit.disc)
    }
    return here
  }

  #isThere(disc: number, folder: string): boolean {
    return findDiscs(folder).some((candidate) => identifyDisc(this.#catalog.db, candidate) === disc)
  }

  #tellMissing({ disc, label, location, chunks, spares }: WantedDisc): void {
    const where = location === null ? '' : `, kept at ${location}`
    const needed = `${counted(chunks, 'chunk')} ${chunks === 1 ? 'is' : 'are'}`
    const [first] = spares
    const again =
      first === undefined
        ? ''
        : `; to make it again: ${this.#recoverCommand(disc)} (by spare ${first.spare} and ${first.discs.length === 1 ? 'disc' : 'discs'} ${first.discs.join(', ')})`
    this.#warn(`disc ${disc} is missing: ${label}${where}, ${needed} needed from it${again}`)
  }

  #recoverCommand(disc: number): string {
    const places = this.#options.from.map(shellWord).join(' ')
    return `butcher recover ${disc} ${places} ${discFolder(disc)}`
  }

  #warn(message: string): void {
    this.#report({ type: 'warning', kind: 'other', message })
  }

  #note(message: string): void {
    this.#report({ type: 'note', message })
  }
}

/** A text that differs between discs; empty if there is none. */
const contentsOf = (place: string): string =>
  findDiscs(place)
    .map(({ folder, chunkFiles }) => `${folder} ${imageAt(folder)?.label ?? ''} ${chunkFiles.join()}`)
    .join('\n')

function whatIs(place: string, here: readonly number[]): string {
  if (here.length > 0) return `that is disc ${here.join(', ')} of this set`
  const label = imageAt(place)?.label
  return `that is ${label ? `${label}, ` : ''}no disc of this set`
}

/** The groups of the disc, each with its other discs. */
const sparesOf = (db: Database.Database, disc: number): WantedDisc['spares'] =>
  spareRows(db)
    .filter(({ bytes, discs }) => bytes > 0 && discs.includes(disc))
    .map(({ number, discs, location }) => ({
      spare: number,
      discs: discs.filter((other) => other !== disc),
      location,
    }))
