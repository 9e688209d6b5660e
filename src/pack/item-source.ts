/** Takes items out of the queue, pass by pass, and plans each one. */

import { collectMembers, collectStored, contentFinder, copyRecorder } from '../catalog/stored-already.ts'
import { unfinishedFinder } from '../catalog/unfinished.ts'
import {
  linkedPaths,
  passes,
  type Pass,
  type QueuedItem,
  queuedItem,
  queuedItems,
  queueTotals,
} from '../catalog/work-queue.ts'
import { type Catalog, highestContent } from '../catalog/working-catalog.ts'
import { type OwnerNames, ownerNames } from '../files/owner-names.ts'
import { isFile } from '../format/entry-kind.ts'
import type { Compression } from '../format/layout.ts'
import type { ProblemLine } from '../format/manifest.ts'
import type { SourceTree } from '../format/source-tree.ts'
import { dataBefore } from '../format/sparse-map.ts'
import { CopyCounts } from './copy-counts.ts'
import { ExtraLines } from './extra-lines.ts'
import { itemNow } from './item-now.ts'
import { entryLine } from './item-lines.ts'
import { isSparseFile, planLayout } from './file-layout.ts'
import { packItemOf, planItem, planLines, planRecord, planRow, type Work } from './plan-item.ts'
import type { PackItem, StoredPart } from './item.ts'
import type { Planned } from './planned.ts'
import { PieceItems } from './piece-items.ts'
import { ReplacedLines } from './replaced-lines.ts'
import { type LinkTarget, StateBefore } from './state-before.ts'

export interface ItemSourceOptions {
  readonly db: Catalog
  readonly source: SourceTree
  /** The source is one file, a disk or partition. It is restored with holes. */
  readonly isRaw: boolean
  readonly backup: number
  readonly compress: 'auto' | Compression
  /** Contents from this number on count as stored. */
  readonly reuseFrom: number
  /** Problems that the scan found. The first chunk that is needed anyway records them. */
  readonly problems: readonly Omit<ProblemLine, 't' | 'backup'>[]
  /** No content is stored, so hard links refer to contents that would be stored. */
  readonly dryRun: boolean
}

const batchItems = 500
const batchLines = 50

export class ItemSource {
  readonly #options: ItemSourceOptions
  readonly #owners: OwnerNames = ownerNames()
  readonly #before: StateBefore
  readonly #contentOf: ReturnType<typeof contentFinder>
  readonly #unfinished: ReturnType<typeof unfinishedFinder>
  #memberOf: ReturnType<typeof collectMembers>
  /** Targets of hard links that are planned no earlier than the links. Undefined if stored as a file. */
  readonly #targets = new Map<string, LinkTarget | undefined>()
  #linked: ReadonlySet<string> = new Set()
  #pass: Pass = passes.metadata
  #after = 0
  #nextContent: number
  readonly extra: ExtraLines
  readonly #replaced: ReplacedLines
  readonly #pieces: PieceItems
  /** Parts stored by an earlier run, by content, for the item that continues them. */
  readonly resumed = new Map<number, readonly StoredPart[]>()
  /** Files whose content is already stored, under any path. */
  readonly copies = new CopyCounts()
  readonly #recordCopies: ReturnType<typeof copyRecorder>
  /** The known number of items that refer to others. */
  references: number

  constructor(options: ItemSourceOptions) {
    this.#options = options
    const { db } = options
    this.#before = new StateBefore(db, options.backup)
    this.#contentOf = contentFinder(db)
    this.#unfinished = unfinishedFinder(db, options.reuseFrom)
    this.#memberOf = collectMembers(db)
    this.#recordCopies = copyRecorder(db)
    this.references = queueTotals(db, passes.deduplicated).items
    this.#nextContent = highestContent(db) + 1
    if (options.dryRun) this.#linked = linkedPaths(db, passes.deduplicated)
    this.#pieces = new PieceItems(options, this.#owners, () => this.#nextContent++)
    this.#replaced = new ReplacedLines(db)
    const { problems, backup } = options
    const lines = problems.map(({ path, message }): ProblemLine => ({ t: 'problem', backup, path, message }))
    this.extra = new ExtraLines(lines)
  }

  get refreshed(): StateBefore['refreshed'] {
    return this.#before.refreshed
  }

  /** The highest content number given out so far. */
  get lastContent(): number {
    return this.#nextContent - 1
  }

  get hasReferences(): boolean {
    if (this.#pass === passes.deduplicated) return false
    return (
      this.#replaced.isAny || this.references > 0 || (this.#pass !== passes.pieced && this.#pieces.lists > 0)
    )
  }

  /** Files to store, and items without content. */
  totalItems(): number {
    const { db } = this.#options
    return queueTotals(db, passes.files).items + queueTotals(db, passes.metadata).items + this.#pieces.items
  }

  /** Source bytes left in the pass of files. */
  totalBytes(): number {
    return queueTotals(this.#options.db, passes.files).bytes + this.#pieces.bytes
  }

  /** The same without holes, as an estimate. */
  totalDataBytes(): number {
    return queueTotals(this.#options.db, passes.files).dataBytes + this.#pieces.bytes
  }

  /** The next items, or undefined until `openReferences` is called. */
  pull(): Planned<Work>[] | undefined {
    const needed = this.extra.takeNeeded(this.#metadataCompression)
    if (needed.length > 0) return needed
    for (;;) {
      const batch = queuedItems(this.#options.db, this.#pass, this.#after, batchItems)
      if (batch.length > 0) {
        this.#after = (batch.at(-1) as QueuedItem).seq
        const planned = batch.flatMap((queued) => this.#plan(queued) ?? [])
        return planned.length > 0
          ? [...planned, ...this.extra.takePatient(this.#metadataCompression)]
          : planned
      }
      if (this.#pass === passes.deduplicated) return this.#planReplaced()
      if (this.#pass === passes.files) return this.#pieces.next(batchItems)
      if (this.#pass === passes.pieced) return undefined
      this.#pass = passes.files
      this.#after = 0
    }
  }

  /**
   * After all files are stored: lets the lists of pieces be pulled, if there are any. Then, the items that
   * refer to stored files. False after that.
   */
  openReferences(): boolean {
    if (this.#pass === passes.deduplicated) return false
    if (this.#pass !== passes.pieced && this.#pieces.lists > 0) {
      this.#pass = passes.pieced
      this.#after = 0
      return true
    }
    this.#pass = passes.deduplicated
    this.#after = 0
    const { db, reuseFrom } = this.#options
    collectStored(db, passes.deduplicated, reuseFrom)
    this.#memberOf = collectMembers(db)
    this.#linked = linkedPaths(db, passes.deduplicated)
    this.#replaced.open()
    return true
  }

  /** Another chunk of this run stores the content of these files. They follow with the references. */
  recordCopies(copies: readonly { seq: number; hash: string }[]): void {
    if (this.#pass === passes.deduplicated) throw new Error('a copy was noted too late')
    this.#recordCopies(copies)
    this.references += copies.length
  }

  /** Plans the item again with its current metadata. Undefined if it is not a file any more. */
  again(work: Work): Planned<Work> | undefined {
    this.#unfinished.forget(work.content)
    const queued = queuedItem(this.#options.db, work.seq)
    const now = queued && itemNow(this.#options.source, queued)
    return now && this.#planFile(now, true)
  }

  /** Everything that a worker needs of an item. */
  itemOf(work: Work): PackItem {
    if (work.item) return work.item
    const item = this.#packItem(queuedItem(this.#options.db, work.seq) as QueuedItem, work.content)
    return work.room ? { ...item, room: work.room } : item
  }

  #planReplaced(): Planned<Work>[] | undefined {
    const lines = this.#replaced.next(batchLines)
    return lines[0] && [planLines(-1e9 - lines[0].content, lines, this.#metadataCompression)]
  }

  /** A piece of the file could not be stored: it gets no list. False if that is known already. */
  failPieces(path: string): boolean {
    return this.#pieces.fail(path)
  }

  #plan(queued: QueuedItem): Planned<Work> | undefined {
    if (this.#pass === passes.pieced) {
      const item = this.#packItem(queued, 0)
      return this.#pieces.planList(queued, item, this.#isSparse(queued))
    }
    if (queued.type === 'gone' || queued.change === 'kept') {
      const facts = { ...this.#options, owners: this.#owners, compression: this.#metadataCompression }
      return planRow(queued, this.#before.find, facts)
    }
    if (!isFile(queued)) {
      const previous = this.#before.find(queued.path)
      if (previous && this.#before.isSame(previous, queued))
        return this.#before.refreshCtime(previous, queued)
      return planItem(this.#packItem(queued, 0), queued, this.#metadataCompression)
    }
    if (queued.type === 'hardlink') return this.#planHardLink(queued)
    if (this.#linked.has(queued.path)) this.#targets.set(queued.path, undefined)
    if (queued.content !== null) return this.#planCopy(queued, queued.content)
    if (this.#pass === passes.deduplicated && queued.hash !== null) {
      const content = this.#contentOf(queued.size as number, queued.hash)
      if (content !== undefined) return this.#planCopy(queued, content)
    }
    const planned = this.#planFile(queued)
    if (this.#options.dryRun && this.#linked.has(queued.path)) {
      const { content } = planned.item
      this.#targets.set(queued.path, { ...queued, type: 'file', content, member: null, sparse: false })
    }
    return planned
  }

  #planCopy(queued: QueuedItem, content: number): Planned<Work> | undefined {
    const member = this.#memberOf(content)
    if (member === undefined) return this.#planFile(queued)
    const sparse = this.#isSparse(queued)
    const target = { path: queued.path, type: 'file', size: queued.size, content, member, sparse } as const
    if (this.#targets.has(queued.path)) this.#targets.set(queued.path, target)
    const counted = this.#before.chooseRow(queued, content, sparse, !this.#options.isRaw)
    if (counted === queued) this.copies.add(queued.change, queued.size ?? 0)
    return counted && this.#planStored(counted, target, content)
  }

  #isSparse(queued: QueuedItem): boolean {
    return this.#options.isRaw || isSparseFile(this.#options.source, queued)
  }

  /** A hard link refers to its target's content. If that could not be stored, the link becomes a file. */
  #planHardLink(queued: QueuedItem): Planned<Work> | undefined {
    const link = queued.link as string
    const target = this.#targets.has(link) ? this.#targets.get(link) : this.#before.find(link)
    if (target?.type !== 'file' || target.content === null) {
      return this.#planFile({ ...queued, type: 'file', link: null }, true)
    }
    const counted = this.#before.chooseRow(queued, target.content, target.sparse)
    return counted && this.#planStored(counted, target, target.content)
  }

  /** A record alone: the content is that of `target`. */
  #planStored(queued: QueuedItem, target: LinkTarget, content: number): Planned<Work> {
    const { size, member, sparse } = target
    const item = { ...packItemOf(queued, this.#owners, content), sparse }
    const stored = { size, content, member: member ?? target.path }
    return planRecord(
      item,
      queued,
      [entryLine(item, this.#options.backup, stored)],
      this.#metadataCompression,
    )
  }

  /** `kept`: the file differs from the queue's row. */
  #planFile(queued: QueuedItem, kept = false): Planned<Work> {
    const { source, compress } = this.#options
    const { compression, ranges, room } = planLayout(source, queued, compress, kept)
    const sizeBytes = room?.dataBytes ?? (queued.size as number)
    const begun = this.#unfinished.find(queued)
    const stored = begun?.parts.reduce((end, part) => Math.max(end, part.offset + part.size), 0) ?? 0
    const offset = ranges ? dataBefore(ranges, stored) : stored
    // If the file has no more data than is stored, no part would follow, and it would never be complete.
    const resumed = begun && offset < sizeBytes ? begun : undefined
    const content = resumed?.content ?? this.#nextContent++
    // References come last, so a reference that becomes a file must be stored itself.
    const mustStore = kept || this.#pass === passes.deduplicated
    const item = { ...this.#packItem(queued, content), ...(mustStore ? { mustStore } : {}) }
    const planned = planItem(room ? { ...item, room } : item, queued, compression, mustStore)
    if (!resumed) return planned
    this.resumed.set(content, resumed.parts)
    return { ...planned, resume: { parts: resumed.count, next: resumed.parts.length + 1, offset, sizeBytes } }
  }

  #packItem(queued: QueuedItem, content: number): PackItem {
    return packItemOf(queued, this.#owners, content, this.#before.wasFolder(queued.path))
  }

  /** The compression of records, directories and links. */
  get #metadataCompression(): Compression {
    return this.#options.compress === 'auto' ? 'bz2' : this.#options.compress
  }
}
