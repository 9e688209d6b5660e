/** Handles the workers' results: counts items, reports problems, and retries a changed file once. */

import type { Report } from '../events.ts'
import type { ItemSource } from './item-source.ts'
import type { OpenChunk } from './open-chunk.ts'
import type { Work } from './plan-item.ts'
import type { Placed } from './planned.ts'
import type { ItemResult } from './protocol.ts'
import type { Scheduler } from './scheduler.ts'

export interface ResultsOptions {
  readonly itemSource: ItemSource
  readonly scheduler: Scheduler<Work>
  readonly backup: number
  readonly reserveBytes: (references: number) => number
  readonly checkSource: () => void
  readonly report: Report
}

export class ItemResults {
  readonly #options: ResultsOptions
  readonly #retried = new Set<string>()
  /** Split files that failed. The results of their other parts are ignored. */
  readonly #failedWork = new WeakSet<Work>()
  /** Source paths that were not stored correctly. */
  problems = 0
  readonly stored = { new: 0, changed: 0, bytes: 0 }

  constructor(options: ResultsOptions) {
    this.#options = options
  }

  /** `results` has the items of the batch that are not simply stored, by their index. */
  take(open: OpenChunk, batch: readonly Placed<Work>[], results: ReadonlyMap<number, ItemResult>): void {
    for (const [index, { planned }] of batch.entries()) {
      const result = results.get(index)
      if (this.#failedWork.has(planned.item)) continue
      if (result === undefined) this.#count(planned.item)
      else this.#take(open, planned.item, result)
    }
    if (results.size > 0) this.#recordCopies(open, [...results.values()])
  }

  #take(open: OpenChunk, work: Work, result: ItemResult): void {
    if (result.outcome === 'copy') return
    if (result.outcome === 'stored' || result.outcome === 'copied') {
      if (result.outcome === 'copied') this.#options.itemSource.copies.add(work.change, work.sizeBytes)
      if (result.message) this.#warn(open, work.path, result.message)
      if (result.partial !== true) this.#count(work)
      return
    }
    this.#failedWork.add(work)
    this.#options.scheduler.abandon(work)
    const { path } = work
    if (result.outcome === 'again' && !this.#retried.has(path)) {
      this.#retried.add(path)
      const planned = this.#options.itemSource.again(work)
      if (planned) return this.#options.scheduler.offer(planned)
    }
    // The other pieces of the file may fail as well.
    if (work.item?.piece && !this.#options.itemSource.failPieces(path)) return
    this.#fail(open, work, result.message ?? 'cannot read')
  }

  /** Copies are recorded after the content they refer to is on its disc. */
  #recordCopies(open: OpenChunk, results: readonly ItemResult[]): void {
    for (const { seq, outcome } of results)
      if (outcome === 'copy' || outcome === 'copied') open.copies.add(seq)
    const copies = results.flatMap(({ seq, hash }) => (hash === undefined ? [] : { seq, hash }))
    if (copies.length === 0) return
    const { itemSource, scheduler, reserveBytes } = this.#options
    itemSource.recordCopies(copies)
    scheduler.reserve(reserveBytes(itemSource.references))
  }

  /** The path is not in this backup. Its earlier row ends, and the manifest records the reason. */
  #fail(open: OpenChunk, { path }: Work, message: string): void {
    this.#options.checkSource()
    this.#warn(open, path, message)
    open.lines.push({ t: 'gone', path, backup: this.#options.backup })
  }

  #count({ change, sizeBytes }: Work): void {
    if (change !== 'new' && change !== 'changed') return
    this.stored[change]++
    this.stored.bytes += sizeBytes
  }

  #warn(open: OpenChunk, path: string, message: string): void {
    this.problems++
    open.lines.push({ t: 'problem', backup: this.#options.backup, path, message })
    this.#options.report({ type: 'warning', kind: 'source', path, message })
  }
}
