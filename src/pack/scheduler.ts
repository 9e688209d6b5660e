/**
 * Decides which items go into which chunk on which disc. Pure data: no file system and no clock. Items are
 * gathered in one buffer per compression. A full buffer becomes a chunk if its worst case fits on the disc.
 * The worst cases of the current chunks count as well. If not, the scheduler waits for these chunks, then
 * tops off the disc: a chunk takes the items that fit in the worst case, reports its real size, takes more,
 * and so on. A file that fits nowhere is split at the free space.
 */

import type { Compression } from '../format/layout.ts'
import type { BacklogOptions } from './backlog-options.ts'
import { Backlog } from './backlog.ts'
import { type OpenSplit, type Slot, type Placed, type Planned, sourceBytes } from './planned.ts'

export interface Start<T> {
  readonly do: 'start'
  readonly worker: number
  readonly chunk: number
  readonly disc: number
  readonly compression: Compression
  readonly items: readonly Placed<T>[]
  /** Before sealing, call `more` with the real size. */
  readonly topOff: boolean
  /** The most bytes that it may take. */
  readonly mostBytes: number
}

export type Decision<T> =
  | Start<T>
  | { readonly do: 'pull' | 'wait' | 'done' }
  /** The allowed discs are full. */
  | { readonly do: 'stop' }
  | { readonly do: 'impossible' }
  /** The destination's file system is full. */
  | { readonly do: 'no-space' }

export interface SchedulerOptions extends BacklogOptions {
  readonly openDisc: { readonly disc: number; readonly roomBytes: number } | undefined
  readonly nextDisc: number
  readonly nextChunk: number
  readonly maxDiscs: number
  readonly discsStaged: number // they count for maxDiscs, including the open one
}

/** How often the scheduler pulls more items to fill the end of a disc. */
const maxLookAheads = 50

interface Disc {
  readonly number: number
  room: number
  used: boolean
}

interface InWork {
  readonly disc: number
  readonly worker: number
  readonly compression: Compression
  readonly reserved: number
  sourceBytes: number
}

interface Candidate<T> {
  readonly compression: Compression
  readonly split?: OpenSplit<T>
}

export class Scheduler<T> {
  readonly #options: SchedulerOptions
  readonly #backlog: Backlog<T>
  readonly #inWork = new Map<number, InWork>()
  #disc: Disc | undefined
  #nextDisc: number
  #nextChunk: number
  #discsUsed: number
  #ended = false
  #reserve = 0
  #freeBytes = Infinity
  #lookAheads = 0
  readonly #fullDiscs: number[] = []

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#backlog = new Backlog(options)
    this.#nextDisc = options.nextDisc
    this.#nextChunk = options.nextChunk
    const { openDisc, discsStaged } = options
    this.#discsUsed = discsStaged
    if (openDisc) this.#disc = { number: openDisc.disc, room: openDisc.roomBytes, used: discsStaged > 0 }
  }

  /** Discs that this run filled. */
  get fullDiscs(): readonly number[] {
    return this.#fullDiscs
  }

  /** Estimates the bytes and items to be offered. `reserveBytes` stays free on the current disc. */
  expect(laterBytes: number, laterItems: number, reserveBytes: number): void {
    this.#backlog.expect(laterBytes, laterItems)
    this.#reserve = reserveBytes
  }

  /** The bytes that must stay free now. */
  reserve(bytes: number): void {
    this.#reserve = bytes
  }

  /** Free bytes on the destination's file system now. */
  free(bytes: number): void {
    this.#freeBytes = bytes
    this.#backlog.free(bytes)
  }

  offer(planned: Planned<T>): void {
    this.#backlog.offer(planned, this.#disc?.room ?? this.#options.emptyRoomBytes)
  }

  /** Whether this pass has no more items. A later pass may set it back to false. */
  end(ended: boolean): void {
    this.#ended = ended
  }

  /** Forgets the remaining parts of a split file. */
  abandon(item: T): void {
    this.#backlog.abandon(item)
  }

  /** Whether every offered item is in a chunk. */
  isDrained(): boolean {
    return this.#backlog.isEmpty()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The next step, given the idle workers. */
  decide(idle: readonly number[]): Decision<T> {
    for (;;) {
      if (idle.length === 0) return { do: 'wait' }
      const candidate = this.#candidate(idle)
      if (typeof candidate === 'string') return { do: candidate }
      if (!this.#disc && !this.#openDisc()) return { do: 'stop' }
      const start = this.#place(candidate, idle) ?? this.#endOfDisc(candidate, idle)
      if (start) return start
    }
  }

  /** Items for a chunk that is topped off, with `storedBytes` of compressed tar so far. None: seal it. */
  more(chunk: number, storedBytes: number, manifestBytes: number): Placed<T>[] {
    const work = this.#inWork.get(chunk) as InWork
    if (work.sourceBytes >= this.#options.chunkBytes) return []
    const { disc, worker, compression, reserved } = work
    const fill = { stored: storedBytes, tar: 0, manifest: manifestBytes }
    const slot: Slot = {
      disc,
      worker,
      compression,
      fill,
      sourceBytes: work.sourceBytes,
      roomBytes: reserved,
    }
    const batch = this.#backlog.batch(slot)
    work.sourceBytes += sourceBytes(batch)
    return batch
  }

  /** The estimated number of chunks. */
  get expectedChunks(): number {
    return this.#backlog.expectedChunks
  }

  /** Whether fewer than `bytes` of this compression wait. */
  wants(compression: Compression, bytes: number): boolean {
    return this.#backlog.waitingBytes(compression) < bytes
  }

  /** Fills up a chunk of which only `kept` is stored, because other chunks store the rest. */
  refill(chunk: number, placed: readonly Placed<T>[], kept: readonly Placed<T>[]): Placed<T>[] {
    const work = this.#inWork.get(chunk) as InWork
    const { disc, worker, compression, reserved } = work
    const { tar } = this.#backlog.fillWith(kept, this.#emptyFill())
    const { manifest } = this.#backlog.fillWith(placed, this.#emptyFill())
    const slot: Slot = {
      disc,
      worker,
      compression,
      fill: { stored: 0, tar, manifest },
      sourceBytes: sourceBytes(kept),
      roomBytes: reserved,
    }
    const batch = this.#backlog.refill(slot)
    work.sourceBytes = slot.sourceBytes + sourceBytes(batch)
    return batch
  }

  /** The chunk is on its disc. `fileBytes` is its size there, in whole sectors. */
  sealed(chunk: number, fileBytes: number): void {
    const work = this.#inWork.get(chunk) as InWork
    this.#inWork.delete(chunk)
    if (this.#disc?.number === work.disc) {
      this.#disc.room += work.reserved - fileBytes - this.#options.chunkExtraBytes
    }
    this.#backlog.release(work.worker)
  }

  #candidate(idle: readonly number[]): 'pull' | 'wait' | 'done' | Candidate<T> {
    const structure = this.#backlog.structureKind()
    const first = structure && { compression: structure }
    const split = this.#backlog.readySplit(idle)
    if (split) return first ?? { split, compression: split.planned.compression }
    const ready = this.#backlog.readyKind(this.#ended)
    if (ready) return first ?? { compression: ready }
    if (!this.#ended) return 'pull'
    return this.#inWork.size > 0 ? 'wait' : 'done'
  }

  /** Makes the candidate a chunk of its own if its worst case fits. */
  #place({ compression, split }: Candidate<T>, idle: readonly number[]): Start<T> | undefined {
    const items = split ? this.#backlog.nextParts(split) : this.#backlog.gather(compression)
    const fill = this.#backlog.fillWith(items, this.#emptyFill())
    const worst = this.#options.bound(compression, fill)
    if (worst > this.#roomLeft()) return undefined
    const worker = split?.owner ?? (idle[0] as number)
    this.#backlog.take(items, worker)
    return this.#start(compression, worker, items, worst, false)
  }

  /** Waits for the current chunks, tops off the disc, and finally closes it. */
  #endOfDisc(candidate: Candidate<T>, idle: readonly number[]): Decision<T> | undefined {
    if (this.#inWork.size > 0) return { do: 'wait' }
    const disc = this.#disc as Disc
    for (const compression of new Set([candidate.compression, ...this.#backlog.kinds()])) {
      for (const worker of new Set([...this.#backlog.owners(compression), idle[0] as number])) {
        const roomBytes = this.#roomLeft()
        const slot: Slot = {
          disc: disc.number,
          worker,
          compression,
          fill: this.#emptyFill(),
          sourceBytes: 0,
          roomBytes,
        }
        const items = this.#backlog.batch(slot)
        if (items.length > 0) return this.#start(compression, worker, items, roomBytes, true)
      }
    }
    // The next items may fit where these do not.
    const isRoom = this.#roomLeft() > this.#backlog.worthwhileBytes()
    if (!this.#ended && isRoom && this.#lookAheads++ < maxLookAheads) return { do: 'pull' }
    this.#lookAheads = 0
    if (this.#freeLeft() < this.#discLeft()) return { do: 'no-space' }
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
    const disc = this.#disc as Disc
    if (!disc.used) this.#discsUsed++
    disc.used = true
    disc.room -= reserved
    const chunk = this.#nextChunk++
    const work = { disc: disc.number, worker, compression, reserved, sourceBytes: sourceBytes(items) }
    this.#inWork.set(chunk, work)
    return { do: 'start', worker, chunk, disc: disc.number, compression, items, topOff, mostBytes: reserved }
  }

  #emptyFill(): Slot['fill'] {
    return { stored: 0, tar: 0, manifest: this.#options.headBytes }
  }

  #roomLeft(): number {
    return Math.min(this.#discLeft(), this.#freeLeft())
  }

  #discLeft(): number {
    return (this.#disc?.room ?? 0) - this.#options.chunkExtraBytes - this.#reserve
  }

  /** The current chunks count in full: the scheduler does not know how much of them is written. */
  #freeLeft(): number {
    let left = this.#freeBytes
    for (const { reserved } of this.#inWork.values()) left -= reserved
    return left
  }
}
