/**
 * The items that wait to be stored: whole items, buffered per compression, and files that are being split.
 */

import type { Compression } from '../format/layout.ts'
import { type BacklogOptions, partMostBytes } from './backlog-options.ts'
import { chunkShare, chunksOf } from './balance.ts'
import { type ChunkFill, payloadWithin } from './chunk-bound.ts'
import {
  type ChunkBuffer,
  type ChunkLimit,
  emptyBuffer,
  frontOf,
  isFull,
  maxItemsPerChunk,
  putInto,
  removeTaken,
} from './chunk-buffer.ts'
import {
  type OpenSplit,
  type Slot,
  type Placed,
  placedPart,
  type Planned,
  withPart,
  withWhole,
} from './planned.ts'
import {
  advance,
  beginSplit,
  exactFillings,
  mostFillings,
  nextPart,
  partWithin,
  type SplitRules,
} from './split.ts'

/** The smallest part, except for the last part of a file. */
const minPartBytes = 4096
export class Backlog<T> {
  readonly #options: BacklogOptions
  readonly #buffers = new Map<Compression, ChunkBuffer<T>>()
  #splits: OpenSplit<T>[] = []
  #laterBytes = 0
  #limit: ChunkLimit
  #freeBytes: number | undefined
  expectedChunks = 1

  constructor(options: BacklogOptions) {
    this.#options = options
    this.#limit = { bytes: options.chunkBytes, weight: Infinity }
  }

  /**
   * Estimates the remaining items. Their bytes show whether a disc will fill up; bytes and number set each
   * worker's share.
   */
  expect(laterBytes: number, laterItems: number): void {
    this.#laterBytes = laterBytes
    const { chunkBytes, workers } = this.#options
    const toShare = { bytes: laterBytes, items: laterItems, workers, chunkBytes }
    this.#limit = { bytes: chunkBytes, weight: chunkShare(toShare) }
    this.expectedChunks = chunksOf(toShare)
  }

  /** Free bytes on the destination's file system, which may be fewer than a disc has. */
  free(bytes: number): void {
    this.#freeBytes ??= bytes
  }

  waitingBytes(compression: Compression): number {
    return this.#buffer(compression).bytes
  }

  /** `discRoomBytes`: free bytes on the current disc. */
  offer(planned: Planned<T>, discRoomBytes: number): void {
    this.#laterBytes = Math.max(0, this.#laterBytes - planned.bytes)
    if (planned.resume || (!planned.isPiece && planned.bytes > partMostBytes(this.#options, planned))) {
      const isEndAhead = (planned.bytes + this.#aheadBytes()) * 1.05 > discRoomBytes
      const rules = this.#rules(planned)
      const split =
        planned.resume ?? beginSplit(planned.bytes, isEndAhead ? rules : { ...rules, discBytes: Infinity })
      this.#splits.push({ planned, split, owner: undefined, inWork: false })
      return
    }
    const buffer = this.#buffer(planned.compression)
    putInto(buffer, planned)
  }

  /** Forgets the remaining parts of a split file. */
  abandon(item: T): void {
    this.#splits = this.#splits.filter((open) => open.planned.item !== item)
  }

  /** The worker's chunk is sealed: its split files can continue. */
  release(worker: number): void {
    for (const open of this.#splits) if (open.owner === worker) open.inWork = false
    this.#splits = this.#splits.filter((open) => open.inWork || open.split.offset < open.split.sizeBytes)
  }

  /** The kind of buffer that holds directories and links. They are stored before all else. */
  structureKind(): Compression | undefined {
    return this.#kindWhere((buffer) => buffer.structures > 0)
  }

  /** The kind of a buffer that holds enough for a chunk or, with `any`, holds anything. */
  readyKind(any: boolean): Compression | undefined {
    return this.#kindWhere((buffer) => (any ? buffer.items.length > 0 : isFull(buffer, this.#limit)))
  }

  #kindWhere(test: (buffer: ChunkBuffer<T>) => boolean): Compression | undefined {
    for (const [compression, buffer] of this.#buffers) if (test(buffer)) return compression
    return undefined
  }

  /** A split file whose next parts one of the idle workers can store. */
  readySplit(idle: readonly number[]): OpenSplit<T> | undefined {
    return this.#splits.find(
      (open) => !open.inWork && (open.owner === undefined || idle.includes(open.owner)),
    )
  }

  /** Whether no item waits for a chunk. */
  isEmpty(): boolean {
    return !this.readyKind(true) && this.#splits.every(({ split }) => split.offset >= split.sizeBytes)
  }

  /** The compression of every waiting item. */
  kinds(): Compression[] {
    return [...this.#buffers.keys(), ...this.#splits.map(({ planned }) => planned.compression)]
  }

  /** The workers that split files of this compression are bound to. */
  owners(compression: Compression): number[] {
    return this.#splits.flatMap(({ planned, owner }) =>
      planned.compression === compression ? (owner ?? []) : [],
    )
  }

  /** Enough items for a chunk, from the front of a buffer. */
  gather(compression: Compression): Placed<T>[] {
    return frontOf(this.#buffer(compression), this.#limit)
  }

  /** Takes the whole items of one compression that fit into a slot with free space left. */
  refill(slot: Slot): Placed<T>[] {
    const items = this.#wholeItems(slot)
    this.take(items, slot.worker)
    return items
  }

  /** Enough parts of a split file for a chunk. */
  nextParts(open: OpenSplit<T>): Placed<T>[] {
    const chosen: Placed<T>[] = []
    const rules = this.#rules(open.planned)
    let { split } = open
    let bytes = 0
    while (split.offset < split.sizeBytes) {
      const size = nextPart(split, rules)
      const left = split.sizeBytes - split.offset
      // The small parts at the end of a file stay together: they fill the ends of discs.
      const group = left <= rules.mostBytes ? left : size
      if (chosen.length > 0 && bytes + group > this.#options.chunkBytes) break
      chosen.push(placedPart(open.planned, split, size))
      split = advance(split, size)
      bytes += size
    }
    return chosen
  }

  /** Takes the items of one compression that fit into a slot in the worst case. */
  batch(slot: Slot): Placed<T>[] {
    const items = this.#wholeItems(slot)
    const batch = items.length > 0 ? items : this.#onePart(slot)
    this.take(batch, slot.worker)
    return batch
  }

  #wholeItems({ compression, fill, roomBytes: room, sourceBytes }: Slot): Placed<T>[] {
    const { bound, chunkBytes } = this.#options
    const exact = compression === 'none'
    const left = room - bound(compression, fill)
    if (!exact && left < this.worthwhileBytes()) return []
    const chosen: Placed<T>[] = []
    let { tar, manifest } = fill
    let bytes = sourceBytes
    for (const planned of this.#buffer(compression).items) {
      if (bytes >= chunkBytes || chosen.length >= maxItemsPerChunk) break
      const next = withWhole({ stored: fill.stored, tar, manifest }, planned)
      if (bound(compression, next) > room) continue
      ;({ tar, manifest } = next)
      bytes += planned.bytes
      chosen.push({ planned })
    }
    return chosen
  }

  /** The next part of a split file. Or the first part of a file that is split now, to fill the disc. */
  #onePart({ compression, worker, fill, roomBytes: room, disc }: Slot): Placed<T>[] {
    const open = this.#splits.filter(
      ({ planned, owner, split, atEnd }) =>
        (atEnd?.disc !== disc || atEnd.parts < mostFillings) &&
        planned.compression === compression &&
        (owner === undefined || owner === worker) &&
        split.offset < split.sizeBytes,
    )
    const first = this.#buffer(compression).items.find(
      (planned) => !planned.isPiece && planned.bytes > minPartBytes * 2,
    )
    const choices = [
      ...open.map((one) => ({ planned: one.planned, split: one.split, open: one })),
      ...(first
        ? [{ planned: first, split: beginSplit(first.bytes, this.#rules(first)), open: undefined }]
        : []),
    ]
    for (const { planned, split, open: choice } of choices) {
      const filled = withPart(fill, planned, 0)
      const payload = payloadWithin(this.#options.bound, compression, filled, room)
      const mostBytes = partMostBytes(this.#options, planned)
      const left = split.sizeBytes - split.offset
      const overhead = filled.tar - fill.tar + filled.manifest - fill.manifest + 1024
      const size = partWithin(split, payload, mostBytes, overhead)
      // The last spare parts must not be tiny: later disc ends need them more.
      const sparesAfter = split.parts - split.next - Math.ceil((left - size) / mostBytes)
      const areFew = sparesAfter <= (compression === 'none' ? 0 : mostFillings / 2)
      const least = this.worthwhileBytes() * (areFew ? 5 : compression === 'none' ? 0.5 : 1)
      // The last parts of a file may have any size.
      const isRest = left <= Math.min(payload, mostBytes)
      if (size === 0 || (size < least && !isRest)) continue
      if (choice) choice.atEnd = { disc, parts: (choice.atEnd?.disc === disc ? choice.atEnd.parts : 0) + 1 }
      return [placedPart(planned, split, size)]
    }
    return []
  }

  /** Removes placed items from the buffers and advances the split files. */
  take(items: readonly Placed<T>[], worker: number): void {
    const taken = new Set<Planned<T>>()
    for (const { planned, part } of items) {
      if (!part) {
        taken.add(planned)
        continue
      }
      let open = this.#splits.find((candidate) => candidate.planned === planned)
      if (!open) {
        taken.add(planned)
        open = {
          planned,
          split: { parts: part.parts, next: 1, offset: 0, sizeBytes: planned.bytes },
          owner: worker,
          inWork: true,
        }
        this.#splits.push(open)
      }
      open.owner = worker
      open.inWork = true
      open.split = advance(open.split, part.size)
    }
    for (const buffer of this.#buffers.values()) removeTaken(buffer, taken)
  }

  /** `fill` after `items` are added, in the worst case. */
  fillWith(items: readonly Placed<T>[], fill: ChunkFill): ChunkFill {
    let filled = fill
    for (const { planned, part } of items)
      filled = part ? withPart(filled, planned, part.size) : withWhole(filled, planned)
    return filled
  }

  #rules(planned: Planned<T>): SplitRules {
    return {
      mostBytes: partMostBytes(this.#options, planned),
      discBytes: this.#options.emptyRoomBytes,
      sparePerEnd: planned.compression === 'none' ? exactFillings : mostFillings,
    }
  }

  /** Source bytes that are not in a chunk yet. */
  #aheadBytes(): number {
    const inSplits = this.#splits.reduce((sum, { split }) => sum + split.sizeBytes - split.offset, 0)
    const inBuffers = [...this.#buffers.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    return this.#laterBytes + inSplits + inBuffers
  }

  /** A smaller space is not worth another round of compression: a thousandth of the free space. */
  worthwhileBytes(): number {
    const room = Math.min(this.#options.emptyRoomBytes, this.#freeBytes ?? Infinity)
    return Math.max(minPartBytes, room / 1000)
  }

  #buffer(compression: Compression): ChunkBuffer<T> {
    let buffer = this.#buffers.get(compression)
    if (!buffer) this.#buffers.set(compression, (buffer = emptyBuffer()))
    return buffer
  }
}
