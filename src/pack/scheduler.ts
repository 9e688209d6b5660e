/**
 * Decides what goes into which chunk on which disc: data in, data out, no file system and no clock.
 *
 * Items are offered in order and gathered in a basket for each kind of compression. A basket with a chunk's worth of
 * source bytes becomes a chunk, as long as its worst case fits the disc beside the worst cases of the chunks in work.
 * Where it does not, the chunks in work are waited for, and then the disc is topped off: a chunk takes what fits in
 * the worst case, tells its real size, takes more, and so on; a file that fits nowhere is split at the room left.
 */

import type { Compression } from '../format/layout.ts'
import { type ChunkBound, type ChunkFill, payloadWithin } from './chunk-bound.ts'
import { advance, beginSplit, nextPart, partWithin, type Split, type SplitRules } from './split.ts'

/** Something to be stored. Sizes in bytes. */
export interface Planned<T> {
  readonly item: T
  readonly compression: Compression
  /** Content; 0 where there is none. */
  readonly bytes: number
  /** The member's header and pax records, without content and padding; 0 for a mere record. */
  readonly headerBytes: number
  readonly manifestBytes: number
  /** Directories, links and the like, which belong before all content. */
  readonly isStructure: boolean
  /** Of a split file of which an earlier run stored parts: where to go on. */
  readonly resume?: Split
}

export interface Placed<T> {
  readonly planned: Planned<T>
  readonly part?: {
    readonly part: number
    readonly parts: number
    readonly offset: number
    readonly size: number
  }
}

export interface Start<T> {
  readonly do: 'start'
  readonly worker: number
  readonly chunk: number
  readonly disc: number
  readonly compression: Compression
  readonly items: readonly Placed<T>[]
  /** Ask `more` with the real size before sealing. */
  readonly topOff: boolean
}

export type Decision<T> =
  | Start<T>
  | { readonly do: 'pull' | 'wait' | 'done' }
  /** The discs allowed are full. */
  | { readonly do: 'stop' }
  | { readonly do: 'impossible' }

export interface SchedulerOptions {
  /** Source bytes a chunk gathers. */
  readonly chunkBytes: number
  readonly bound: ChunkBound
  /** What each chunk's manifest begins with. */
  readonly headBytes: number
  /** What a chunk takes of a disc besides its own sectors. */
  readonly chunkExtraBytes: number
  /** Room for chunks on a new disc. */
  readonly emptyRoomBytes: number
  readonly openDisc: { readonly disc: number; readonly roomBytes: number } | undefined
  readonly nextDisc: number
  readonly nextChunk: number
  readonly maxDiscs: number
}

/** So many members at the most, to bound what a chunk's manifest takes in memory. */
export const maxItemsPerChunk = 60_000

/** How often more is pulled to fill the end of a disc. */
const maxLookAheads = 50

interface OpenSplit<T> {
  readonly planned: Planned<T>
  split: Split
  owner: number | undefined
  inWork: boolean
}

interface InWork {
  readonly disc: number
  readonly worker: number
  readonly compression: Compression
  readonly reserved: number
  sourceBytes: number
  manifestBytes: number
}

interface Basket<T> {
  items: Planned<T>[]
  bytes: number
  structures: number
}

export class Scheduler<T> {
  readonly #options: SchedulerOptions
  readonly #baskets = new Map<Compression, Basket<T>>()
  #splits: OpenSplit<T>[] = []
  readonly #inWork = new Map<number, InWork>()
  #disc: { readonly number: number; room: number; used: boolean } | undefined
  #nextDisc: number
  #nextChunk: number
  #discsUsed = 0
  #ended = false
  #laterBytes = 0
  #reserve = 0
  #lookAheads = 0
  readonly #fullDiscs: number[] = []

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#nextDisc = options.nextDisc
    this.#nextChunk = options.nextChunk
    if (options.openDisc) {
      this.#disc = { number: options.openDisc.disc, room: options.openDisc.roomBytes, used: false }
    }
  }

  /** Discs that this run filled. */
  get fullDiscs(): readonly number[] {
    return this.#fullDiscs
  }

  /** What a file larger than this becomes: parts of at most so many bytes. */
  partMostBytes(compression: Compression): number {
    const { bound, chunkBytes, emptyRoomBytes, headBytes } = this.#options
    if (emptyRoomBytes === Infinity) return chunkBytes
    const fill = { stored: 0, tar: 8192, manifest: headBytes + 16_384 }
    return Math.min(
      chunkBytes,
      payloadWithin(bound, compression, fill, emptyRoomBytes - this.#options.chunkExtraBytes),
    )
  }

  /** Source bytes that are still to be offered, about: they say whether a disc's end is ahead. */
  expect(laterBytes: number, reserveBytes: number): void {
    this.#laterBytes = laterBytes
    this.#reserve = reserveBytes
  }

  offer(planned: Planned<T>): void {
    this.#laterBytes = Math.max(0, this.#laterBytes - planned.bytes)
    if (planned.resume || planned.bytes > this.partMostBytes(planned.compression)) {
      const split = planned.resume ?? this.#newSplit(planned, false)
      this.#splits.push({ planned, split, owner: undefined, inWork: false })
      return
    }
    const basket = this.#basket(planned.compression)
    basket.items.push(planned)
    basket.bytes += planned.bytes
    if (planned.isStructure) basket.structures++
  }

  /** No more will be offered in this pass (or more will, again). */
  end(ended: boolean): void {
    this.#ended = ended
  }

  /** Forgets the parts to come of a split file. */
  abandon(item: T): void {
    this.#splits = this.#splits.filter((open) => open.planned.item !== item)
  }

  /** What to do next, given the workers that have nothing to do. */
  decide(idle: readonly number[]): Decision<T> {
    for (;;) {
      if (idle.length === 0) return { do: 'wait' }
      const candidate = this.#candidate(idle)
      if (candidate === 'pull' || candidate === 'wait' || candidate === 'done') return { do: candidate }
      if (!this.#disc && !this.#openDisc()) return { do: 'stop' }
      const start = this.#place(candidate, idle) ?? this.#endOfDisc(candidate, idle)
      if (start) return start
    }
  }

  /** A chunk being topped off is `storedBytes` (compressed tar) so far: what else goes into it; nothing: seal it. */
  more(chunk: number, storedBytes: number, manifestBytes: number): Placed<T>[] {
    const work = this.#inWork.get(chunk) as InWork
    work.manifestBytes = manifestBytes
    if (work.sourceBytes >= this.#options.chunkBytes) return []
    const fill = { stored: storedBytes, tar: 0, manifest: manifestBytes }
    const batch = this.#batch(work.compression, work.worker, fill, work.reserved, work.sourceBytes)
    work.sourceBytes += sourceBytes(batch)
    return batch
  }

  /** The chunk is on its disc with `fileBytes`; 0 where it was dropped. */
  sealed(chunk: number, fileSectorBytes: number): void {
    const work = this.#inWork.get(chunk) as InWork
    this.#inWork.delete(chunk)
    if (this.#disc?.number === work.disc) this.#disc.room += work.reserved
    if (this.#disc?.number === work.disc) this.#disc.room -= fileSectorBytes + this.#options.chunkExtraBytes
    for (const open of this.#splits) if (open.owner === work.worker) open.inWork = false
    this.#splits = this.#splits.filter((open) => open.inWork || open.split.offset < open.split.sizeBytes)
  }

  #candidate(
    idle: readonly number[],
  ): 'pull' | 'wait' | 'done' | { split?: OpenSplit<T>; compression: Compression } {
    const withStructure = [...this.#baskets].find(([, basket]) => basket.structures > 0)
    const structureFirst = withStructure && { compression: withStructure[0] }
    const split = this.#splits.find(
      (open) => !open.inWork && (open.owner === undefined || idle.includes(open.owner)),
    )
    if (split) return structureFirst ?? { split, compression: split.planned.compression }
    for (const [compression, basket] of this.#baskets) {
      if (basket.bytes >= this.#options.chunkBytes || basket.items.length >= maxItemsPerChunk) {
        return structureFirst ?? { compression }
      }
    }
    if (!this.#ended) return 'pull'
    for (const [compression, basket] of this.#baskets) {
      if (basket.items.length > 0) return structureFirst ?? { compression }
    }
    return this.#inWork.size > 0 ? 'wait' : 'done'
  }

  /** The candidate as a chunk of its own, where its worst case fits. */
  #place(
    candidate: { split?: OpenSplit<T>; compression: Compression },
    idle: readonly number[],
  ): Start<T> | undefined {
    const { compression, split } = candidate
    const room = this.#roomLeft()
    const items = split ? this.#nextParts(split) : this.#gather(compression)
    const fill = this.#fillWith(items, { stored: 0, tar: 0, manifest: this.#options.headBytes })
    const worst = this.#options.bound(compression, fill)
    if (worst > room) return undefined
    const worker = split?.owner ?? (idle[0] as number)
    return this.#start(compression, worker, items, worst, false)
  }

  #endOfDisc(
    candidate: { split?: OpenSplit<T>; compression: Compression },
    idle: readonly number[],
  ): Decision<T> | undefined {
    if (this.#inWork.size > 0) return { do: 'wait' }
    const kinds = new Set([
      candidate.compression,
      ...this.#baskets.keys(),
      ...this.#splits.map((s) => s.planned.compression),
    ])
    for (const compression of kinds) {
      const owners = this.#splits.flatMap(({ planned, owner }) =>
        planned.compression === compression ? (owner ?? []) : [],
      )
      for (const worker of new Set([...owners, idle[0] as number])) {
        const fill = { stored: 0, tar: 0, manifest: this.#options.headBytes }
        const items = this.#batch(compression, worker, fill, this.#roomLeft(), 0)
        if (items.length > 0) return this.#start(compression, worker, items, this.#roomLeft(), true)
      }
    }
    // What comes next may fit where this does not.
    if (!this.#ended && this.#roomLeft() > this.#worthwhileBytes() && this.#lookAheads++ < maxLookAheads)
      return { do: 'pull' }
    this.#lookAheads = 0
    const disc = this.#disc as { number: number; used: boolean; room: number }
    if (disc.room >= this.#options.emptyRoomBytes) return { do: 'impossible' }
    this.#fullDiscs.push(disc.number)
    this.#disc = undefined
    return undefined
  }

  #openDisc(): boolean {
    if (this.#discsUsed >= this.#options.maxDiscs) return false
    this.#disc = { number: this.#nextDisc++, room: this.#options.emptyRoomBytes, used: false }
    return true
  }

  #start(
    compression: Compression,
    worker: number,
    items: readonly Placed<T>[],
    reserved: number,
    topOff: boolean,
  ): Start<T> {
    const disc = this.#disc as { number: number; room: number; used: boolean }
    if (!disc.used) this.#discsUsed++
    disc.used = true
    disc.room -= reserved
    if (!topOff) this.#take(items, worker)
    const chunk = this.#nextChunk++
    this.#inWork.set(chunk, {
      disc: disc.number,
      worker,
      compression,
      reserved,
      sourceBytes: sourceBytes(items),
      manifestBytes: this.#options.headBytes,
    })
    return { do: 'start', worker, chunk, disc: disc.number, compression, items, topOff }
  }

  /** Takes placed items out of baskets and moves splits on. */
  #take(items: readonly Placed<T>[], worker: number): void {
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
    for (const basket of this.#baskets.values()) removeTaken(basket, taken)
  }

  /** A chunk's worth from the front of a basket. */
  #gather(compression: Compression): Placed<T>[] {
    const { items } = this.#basket(compression)
    const chosen: Placed<T>[] = []
    let bytes = 0
    for (const planned of items) {
      if (
        chosen.length > 0 &&
        (bytes + planned.bytes > this.#options.chunkBytes || chosen.length >= maxItemsPerChunk)
      )
        break
      chosen.push({ planned })
      bytes += planned.bytes
    }
    return chosen
  }

  /** A chunk's worth of the next parts of a split file. */
  #nextParts(open: OpenSplit<T>): Placed<T>[] {
    const chosen: Placed<T>[] = []
    const rules = this.#rules(open.planned)
    let { split } = open
    let bytes = 0
    while (split.offset < split.sizeBytes) {
      const size = nextPart(split, rules)
      const left = split.sizeBytes - split.offset
      // The end of a file, which is in small parts, stays together: they are what the end of a disc is filled with.
      const group = left <= rules.mostBytes ? left : size
      if (chosen.length > 0 && bytes + group > this.#options.chunkBytes) break
      chosen.push(placedPart(open.planned, split, size))
      split = advance(split, size)
      bytes += size
    }
    return chosen
  }

  /** What of one kind fits into `room` beside `fill` whatever it compresses to; taken at once. */
  #batch(
    compression: Compression,
    worker: number,
    fill: ChunkFill,
    room: number,
    already: number,
  ): Placed<T>[] {
    const items = this.#wholeItems(compression, fill, room, already)
    const batch = items.length > 0 ? items : this.#onePart(compression, worker, fill, room)
    this.#take(batch, worker)
    return batch
  }

  #wholeItems(compression: Compression, fill: ChunkFill, room: number, already: number): Placed<T>[] {
    const { bound, chunkBytes } = this.#options
    const exact = compression === 'none'
    const left = room - bound(compression, fill)
    if (!exact && left < this.#worthwhileBytes()) return []
    const chosen: Placed<T>[] = []
    let { tar, manifest } = fill
    let bytes = already
    for (const planned of this.#basket(compression).items) {
      if (bytes >= chunkBytes || chosen.length >= maxItemsPerChunk) break
      const next = {
        stored: fill.stored,
        tar: tar + memberBytes(planned),
        manifest: manifest + planned.manifestBytes,
      }
      if (bound(compression, next) > room) continue
      ;({ tar, manifest } = next)
      bytes += planned.bytes
      chosen.push({ planned })
    }
    return chosen
  }

  /** The next part of a split file, or the first of a file that has to be split to fill the disc. */
  #onePart(compression: Compression, worker: number, fill: ChunkFill, room: number): Placed<T>[] {
    const mostBytes = this.partMostBytes(compression)
    const open = this.#splits.filter(
      ({ planned, owner, split }) =>
        planned.compression === compression &&
        (owner === undefined || owner === worker) &&
        split.offset < split.sizeBytes,
    )
    const first = this.#basket(compression).items.find((planned) => planned.bytes > minPartBytes * 2)
    const choices = [...open, ...(first ? [{ planned: first, split: this.#newSplit(first, true) }] : [])]
    const least = this.#worthwhileBytes() / (compression === 'none' ? 2 : 1)
    for (const { planned, split } of choices) {
      const filled = {
        ...fill,
        // A part's name is longer than the file's, by a pax record at the most.
        tar: fill.tar + planned.headerBytes + 2048,
        manifest: fill.manifest + 2 * planned.manifestBytes + 1024,
      }
      const payload = payloadWithin(this.#options.bound, compression, filled, room)
      const size = partWithin(split, payload, mostBytes)
      const left = split.sizeBytes - split.offset
      if (size > 0 && (size >= least || size === left)) return [placedPart(planned, split, size)]
    }
    return []
  }

  #newSplit(planned: Planned<T>, atEnd: boolean): Split {
    const isEndAhead =
      atEnd || (planned.bytes + this.#laterBytes) * 1.05 > (this.#disc?.room ?? this.#options.emptyRoomBytes)
    const rules = this.#rules(planned)
    return beginSplit(planned.bytes, isEndAhead ? rules : { ...rules, discBytes: Infinity })
  }

  #rules({ compression, bytes }: Planned<T>): SplitRules {
    const mostBytes = this.partMostBytes(compression)
    const sparePerEnd = compression === 'none' || bytes <= mostBytes ? 1 : 24
    return { mostBytes, discBytes: this.#options.emptyRoomBytes, sparePerEnd }
  }

  #fillWith(items: readonly Placed<T>[], fill: ChunkFill): ChunkFill {
    let { tar, manifest } = fill
    for (const { planned, part } of items) {
      if (part) {
        tar += planned.headerBytes + 2048 + Math.ceil(part.size / 512) * 512
        manifest += 2 * planned.manifestBytes + 1024
      } else {
        tar += memberBytes(planned)
        manifest += planned.manifestBytes
      }
    }
    return { stored: fill.stored, tar, manifest }
  }

  #roomLeft(): number {
    return (this.#disc?.room ?? 0) - this.#options.chunkExtraBytes - this.#reserve
  }

  /** Less than this is not worth another round of compression: a thousandth of a disc. */
  #worthwhileBytes(): number {
    return Math.max(minPartBytes, this.#options.emptyRoomBytes / 1000)
  }

  #basket(compression: Compression): Basket<T> {
    let basket = this.#baskets.get(compression)
    if (!basket) this.#baskets.set(compression, (basket = { items: [], bytes: 0, structures: 0 }))
    return basket
  }
}

/** No part is made smaller than this, unless it is the file's last. */
const minPartBytes = 4096

const memberBytes = (planned: Planned<unknown>): number =>
  planned.headerBytes + Math.ceil(planned.bytes / 512) * 512

const sourceBytes = (items: readonly Placed<unknown>[]): number =>
  items.reduce((sum, { planned, part }) => sum + (part ? part.size : planned.bytes), 0)

const placedPart = <T>(planned: Planned<T>, split: Split, size: number): Placed<T> => ({
  planned,
  part: { part: split.next, parts: split.parts, offset: split.offset, size },
})

function removeTaken<T>(basket: Basket<T>, taken: ReadonlySet<Planned<T>>): void {
  if (taken.size === 0) return
  const left: Planned<T>[] = []
  for (const planned of basket.items) {
    if (!taken.has(planned)) {
      left.push(planned)
      continue
    }
    basket.bytes -= planned.bytes
    if (planned.isStructure) basket.structures--
  }
  basket.items = left
}
