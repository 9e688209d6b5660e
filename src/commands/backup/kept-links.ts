/**
 * Hard links of sources that cannot be read to files of other sources. Those may have changed since, so the
 * links become entries of their own, with the content that they had.
 */

import {
  previousAttributesFinder,
  type PreviousEntry,
  previousEntryFinder,
} from '../../catalog/previous-entries.ts'
import type { WorkItem } from '../../catalog/work-queue.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import type { KeptSources } from './kept-sources.ts'

export class KeptLinks {
  readonly #kept: KeptSources
  readonly #find: ReturnType<typeof previousEntryFinder>
  readonly #attributes: ReturnType<typeof previousAttributesFinder>
  /** By the former target: the first link that took its place. */
  readonly #firsts = new Map<string, string>()

  constructor(db: Catalog, kept: KeptSources) {
    this.#kept = kept
    this.#find = previousEntryFinder(db)
    this.#attributes = previousAttributesFinder(db)
  }

  /** The entry in the place of a kept one; undefined if that stays as it is. */
  replace(previous: PreviousEntry): WorkItem | undefined {
    const { path, type, link, content } = previous
    if (type !== 'hardlink' || link === null || this.#kept.has(link)) return undefined
    const item = { ...previous, allocated: null, attributes: this.#attributes(path), change: 'kept' as const }
    const first = this.#firsts.get(link)
    if (first !== undefined) return { ...item, link: first }
    this.#firsts.set(link, path)
    if (content !== null) return { ...item, type: 'file', link: null }
    const target = this.#find(link)
    return target && { ...item, type: target.type, link: target.link, device: target.device }
  }
}
