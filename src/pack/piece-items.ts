/** The items of files in pieces: the pieces that must be stored, and then a list of pieces for each file. */

import { freshPieces, freshTotals, numberPieces, queuedRuns } from '../catalog/queued-pieces.ts'
import { passes, type QueuedItem, queuedItem, queueTotals } from '../catalog/work-queue.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { OwnerNames } from '../files/owner-names.ts'
import type { Compression } from '../format/layout.ts'
import type { ManifestLine, PiecesLine } from '../format/manifest.ts'
import {
  inPieces,
  pieceBytes,
  pieceListMember,
  pieceListText,
  pieceMember,
  piecesOfSize,
} from '../format/piece.ts'
import { tarMemberBytes } from '../format/tar-header.ts'
import { entryLine } from './item-lines.ts'
import type { PackItem } from './item.ts'
import { fileHeader } from './pack-member.ts'
import { packItemOf, planItem, planRecord, type Work } from './plan-item.ts'
import type { Planned } from './planned.ts'

interface PieceItemsOptions {
  readonly db: Catalog
  readonly backup: number
  readonly compress: 'auto' | Compression
  readonly reuseFrom: number
}

/** Pieces are items of their own. The queue's items have lower numbers. */
const firstSeq = 2 ** 40
const runsInLine = 1000

export class PieceItems {
  /** The pieces to store. */
  readonly items: number
  readonly bytes: number
  /** Files whose lists follow. */
  readonly lists: number
  readonly #options: PieceItemsOptions
  readonly #owners: OwnerNames
  readonly #newContent: () => number
  readonly #failed = new Set<string>()
  #after = 0
  #file: QueuedItem | undefined

  constructor(options: PieceItemsOptions, owners: OwnerNames, newContent: () => number) {
    this.#options = options
    this.#owners = owners
    this.#newContent = newContent
    const { db, reuseFrom } = options
    numberPieces(db, reuseFrom, newContent)
    const { items, bytes } = freshTotals(db)
    this.items = items
    this.bytes = bytes
    this.lists = queueTotals(db, passes.pieced).items
  }

  /** The next pieces; undefined after the last. */
  next(limit: number): Planned<Work>[] | undefined {
    const fresh = freshPieces(this.#options.db, this.#after, limit)
    this.#after = fresh.at(-1)?.id ?? this.#after
    if (fresh.length === 0) return undefined
    return fresh.map(({ id, seq, part, size, hash, dense, content }) => {
      const queued = this.#fileOf(seq)
      const item: PackItem = {
        ...packItemOf(queued, this.#owners, content),
        seq: firstSeq + id,
        mode: queued.mode & 0o666,
        member: pieceMember(content),
        attributes: null,
        size,
        piece: { offset: (part - 1) * pieceBytes, hash },
      }
      const planned = planItem(item, queued, this.#compression(dense === 1), true)
      return { ...planned, item: { ...planned.item, change: undefined }, isPiece: true }
    })
  }

  fail(path: string): boolean {
    if (this.#failed.has(path)) return false
    this.#failed.add(path)
    return true
  }

  /** Plans the list of a file's pieces, and its entry. `item` has no content yet. */
  planList(queued: QueuedItem, item: PackItem, sparse: boolean): Planned<Work> | undefined {
    const { db, backup } = this.#options
    if (this.#failed.has(queued.path)) return undefined
    const content = this.#newContent()
    const size = queued.size as number
    const runs = queuedRuns(db, queued.seq)
    const lines: ManifestLine[] = [
      { t: 'content', id: content, size, hash: queued.hash, parts: piecesOfSize(size), chunk: inPieces },
    ]
    // Even a file of zeros has a line: it makes the catalog one with pieces.
    for (let at = 0; at === 0 || at < runs.length; at += runsInLine) {
      const some = runs.slice(at, at + runsInLine)
      const line: PiecesLine = {
        t: 'pieces',
        content,
        runs: some.map((run) => [run.part, run.count, run.stored]),
      }
      lines.push(line)
    }
    lines.push(entryLine({ ...item, sparse }, backup, { size, content }))
    const pieceList = pieceListText(size, runs)
    const planned = planRecord({ ...item, content, pieceList }, queued, lines, this.#compression(false))
    const header = fileHeader(item, pieceListMember(item.member), pieceList.length)
    return { ...planned, headerBytes: tarMemberBytes(header) }
  }

  #fileOf(seq: number): QueuedItem {
    if (this.#file?.seq !== seq) this.#file = queuedItem(this.#options.db, seq) as QueuedItem
    return this.#file
  }

  #compression(isDense: boolean): Compression {
    const { compress } = this.#options
    return compress !== 'auto' ? compress : isDense ? 'none' : 'bz2'
  }
}
