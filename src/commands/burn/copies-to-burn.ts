/** The copies that a run still has to burn. Its drives take them one by one, each when it is free. */

import type { ImageSource } from '../../burn/disc-image.ts'
import type { DiscSource } from '../../set/disc-source.ts'

/** A disc that was checked before its first copy. */
export interface CheckedDisc {
  readonly source: DiscSource
  /** Undefined if an image file is burned. */
  readonly image: ImageSource | undefined
  readonly bytes: number
}

export interface TakenCopy {
  readonly checked: CheckedDisc
  readonly copy: number
  /** Call it once, at the end. `isGood` if the copy counts; `isUsed` if its number is recorded. */
  readonly end: (isGood: boolean, isUsed: boolean) => void
}

export interface DiscCalls {
  /** Called once, before the first copy of a disc. */
  readonly check: (source: DiscSource) => Promise<CheckedDisc>
  /** Called once, after the last copy of a disc. */
  readonly finish: (source: DiscSource) => void
}

interface DiscState {
  readonly source: DiscSource
  /** Copies that no drive has taken. */
  missing: number
  inWork: number
  readonly numbers: Set<number>
  checked?: Promise<CheckedDisc>
  isFinished: boolean
}

export class CopiesToBurn {
  readonly #discs: DiscState[]
  readonly #calls: DiscCalls
  #isClosed = false
  #waiting: (() => void)[] = []

  constructor(sources: readonly DiscSource[], copies: number, calls: DiscCalls) {
    this.#calls = calls
    this.#discs = sources.map((source) => ({
      source,
      missing: Math.max(0, copies - source.goodCopies),
      inWork: 0,
      numbers: new Set(),
      isFinished: false,
    }))
  }

  /** Whether copies are left that no drive took. */
  get isLacking(): boolean {
    return this.#discs.some(({ missing }) => missing > 0)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** No drive gets another copy. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** The next copy; undefined if nothing is left. Waits if a copy in work may have to be burned again. */
  async take(): Promise<TakenCopy | undefined> {
    while (!this.#isClosed) {
      const disc = this.#nextDisc()
      if (disc !== undefined) return this.#takeOf(disc)
      if (!this.#discs.some(({ inWork }) => inWork > 0)) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return undefined
  }

  #nextDisc(): DiscState | undefined {
    for (const disc of this.#discs) {
      if (disc.missing > 0) return disc
      if (disc.inWork > 0 || disc.isFinished) continue
      disc.isFinished = true
      this.#calls.finish(disc.source)
    }
    return undefined
  }

  async #takeOf(disc: DiscState): Promise<TakenCopy> {
    disc.missing--
    disc.inWork++
    let copy = disc.source.nextCopy
    while (disc.numbers.has(copy)) copy++
    disc.numbers.add(copy)
    const end = (isGood: boolean, isUsed: boolean): void => {
      disc.inWork--
      if (!isGood) disc.missing++
      if (!isUsed) disc.numbers.delete(copy)
      this.#wake()
    }
    try {
      const checked = await (disc.checked ??= this.#calls.check(disc.source))
      return { checked, copy, end }
    } catch (error) {
      end(false, false)
      throw error
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
