/** Packs everything in the queue into chunks on discs. */

import { type ApplyLine, manifestApplier } from '../catalog/apply-manifest.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { chunkFile } from '../format/layout.ts'
import { type DiscLine, parseLines } from '../format/manifest.ts'
import { toSectors } from './chunk-bound.ts'
import { parallelismOf } from './balance.ts'
import { discLineBytes, headOf, linesText } from './item-lines.ts'
import { endingBytes, isWorthSealing, nextToSeal, openChunk, type OpenChunk } from './open-chunk.ts'
import type { Work } from './plan-item.ts'
import type { PackOptions } from './pack-options.ts'
import type { PackResult } from './pack-result.ts'
import { batchOf } from './item-batch.ts'
import { ItemResults } from './item-results.ts'
import { noRoom, tooSmall } from './no-room.ts'
import type { FromWorker } from './protocol.ts'
import type { PackItem } from './item.ts'
import { type Placed, sourceBytes } from './planned.ts'
import { Scheduler, type Start } from './scheduler.ts'
import { SealPatience } from './seal-patience.ts'
import { fromPlain } from '../threads/plain-error.ts'

/** Items in one message to a worker. */
const batchItems = 1000

export const pack = (options: PackOptions): Promise<PackResult> => new Packing(options).run()

class Packing {
  readonly #options: PackOptions
  readonly #scheduler: Scheduler<Work>
  readonly #apply: ApplyLine
  readonly #idle: Set<number>
  readonly #open = new Map<number, OpenChunk>()
  readonly #results: ItemResults
  readonly #discs = new Map<number, DiscLine>()
  #isStopping = false
  /** The error of a chunk that did not fit on the disk. */
  #failure: Error | undefined
  /** An item planned for a chunk is in no chunk. */
  #isCut = false
  #finished: number | undefined
  #begun = 0
  #chunks = 0
  #bytesStored = 0
  #bytesDone = 0
  #filesDone = 0
  readonly #totalBytes: number
  readonly #patience: SealPatience

  constructor(options: PackOptions) {
    this.#options = options
    this.#patience = new SealPatience(options.signalNow, options.sealPatienceMs)
    const headBytes = Buffer.byteLength(linesText(options.head)) + discLineBytes
    this.#scheduler = new Scheduler({ ...options.schedule, workers: options.pool.size, headBytes })
    this.#results = new ItemResults({ ...options, scheduler: this.#scheduler })
    this.#apply = manifestApplier(options.db)
    this.#idle = new Set(Array.from({ length: options.pool.size }, (_, worker) => worker))
    this.#totalBytes = options.itemSource.totalBytes()
    this.#scheduler.expect(
      options.itemSource.totalDataBytes(),
      options.itemSource.totalItems(),
      options.reserveBytes(options.itemSource.references),
    )
  }

  async run(): Promise<PackResult> {
    const { report, signal } = this.#options
    report({ type: 'stage', stage: 'pack', totalBytes: this.#totalBytes })
    const stop = (): void => this.#stop()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      return this.#result(await this.#packAll())
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#patience.end()
    }
  }

  /** Returns whether everything is stored. */
  async #packAll(): Promise<boolean> {
    const { gate, schedule } = this.#options
    for (;;) {
      if (this.#isStopping) {
        while (this.#open.size > 0) await this.#onMessage()
        if (this.#failure) throw this.#failure
        return false
      }
      if (gate?.hasRoom((this.#open.size + 1) * schedule.chunkBytes) === false) {
        await (this.#open.size > 0 ? this.#onMessage() : gate.change(this.#options.signal))
        continue
      }
      this.#scheduler.free(freeBytesIn(this.#options.destination))
      const decision = this.#scheduler.decide([...this.#idle])
      if (decision.do === 'pull') this.#pull()
      else if (decision.do === 'start') this.#start(decision)
      else if (decision.do === 'wait' || this.#open.size > 0) await this.#onMessage()
      else if (decision.do === 'impossible') throw tooSmall()
      else if (decision.do === 'stop') return false
      else if (decision.do === 'no-space') throw noRoom(this.#options.destination)
      else if (!this.#references()) return true
    }
  }

  #result(complete: boolean): PackResult {
    return {
      complete,
      stopped: this.#isStopping,
      finished: this.#finished,
      chunks: this.#chunks,
      bytesStored: this.#bytesStored,
      discs: [...this.#discs.keys()].sort((a, b) => a - b),
      fullDiscs: this.#scheduler.fullDiscs,
      sourceProblems: this.#results.problems,
      stored: this.#results.stored,
    }
  }

  /** Each worker ends its current member, and the chunks are sealed. */
  #stop(): void {
    this.#isStopping = true
    this.#patience.begin()
    this.#options.pool.stopAdding()
    for (const open of this.#open.values()) {
      if (open.waiting.length > 0) this.#isCut = open.isCut = true
      open.waiting.length = 0
    }
  }

  #pull(): void {
    const planned = this.#options.itemSource.pull()
    if (planned) for (const item of planned) this.#scheduler.offer(item)
    else this.#scheduler.end(true)
  }

  /** All files are stored: the items that refer to them can follow. */
  #references(): boolean {
    if (!this.#options.itemSource.openReferences()) return false
    this.#scheduler.expect(0, 0, 0)
    this.#scheduler.end(false)
    return true
  }

  #start(start: Start<Work>): void {
    const { encrypted, backup, beginDisc, paths, pool, head, itemSource } = this.#options
    const name = chunkFile(start.chunk, start.compression, encrypted)
    const disc = this.#discs.get(start.disc) ?? beginDisc(start.disc)
    this.#discs.set(start.disc, disc)
    const order = {
      chunk: start.chunk,
      disc: start.disc,
      backup,
      name,
      compression: start.compression,
      parallelism: this.#parallelism(start.topOff),
      ...paths(start.disc, name, start.chunk),
      head: headOf(head, start.chunk, disc, backup, itemSource.lastContent),
    }
    this.#idle.delete(start.worker)
    const open = openChunk(start, name)
    this.#open.set(start.worker, open)
    pool.send(start.worker, { do: 'open', order })
    // Two batches are sent ahead, so that the worker never waits.
    this.#send(start.worker, open)
    this.#send(start.worker, open)
  }

  #parallelism(isAlone: boolean): number {
    const { size } = this.#options.pool
    const begun = ++this.#begun
    return isAlone ? size : parallelismOf(begun, this.#scheduler.expectedChunks, size)
  }

  /** Sends the next items in batches, so that progress is reported and messages stay small. */
  #send(worker: number, open: OpenChunk): void {
    if (open.waiting.length === 0) return
    const placed = open.waiting.splice(0, batchItems)
    const items = batchOf(placed.map((one) => this.#packItem(one)))
    const isLast = open.waiting.length === 0
    this.#options.pool.send(worker, { do: 'add', items, flush: open.start.topOff && isLast })
    open.unanswered.push(placed)
  }

  #packItem({ planned, part }: Placed<Work>): PackItem {
    const item = this.#options.itemSource.itemOf(planned.item)
    if (!part) return item
    const before = this.#options.itemSource.resumed.get(item.content)
    return { ...item, part: { ...part, ...(before ? { before } : {}) } }
  }

  async #onMessage(): Promise<void> {
    const { worker, message } = await this.#options.pool.listen(this.#patience.signal)
    this.#patience.renew()
    const open = this.#open.get(worker)
    if (!open) return
    if (message.did === 'progress') {
      this.#bytesDone += message.bytes
      this.#filesDone += message.files
      this.#options.report({
        type: 'progress',
        stage: 'pack',
        bytes: this.#bytesDone,
        files: this.#filesDone,
        totalBytes: this.#totalBytes,
        disc: open.start.disc,
        chunk: open.start.chunk,
      })
    } else if (message.did === 'add') {
      this.#onAdded(open, message)
      if (!this.#isStopping) this.#continue(worker, open, message)
      if (open.unanswered.length === 0) this.#full(worker, open)
      this.#sealFull()
    } else if (message.did === 'fail') {
      // Dropping this chunk frees space for the others.
      this.#failure ??= fromPlain(message.error)
      this.#isCut = true
      this.#stop()
      this.#close(worker)
    } else if (message.did === 'drop') this.#close(worker)
    else if (message.did === 'seal') this.#sealed(worker, open, message)
  }

  #onAdded(open: OpenChunk, message: Extract<FromWorker, { did: 'add' }>): void {
    const batch = open.unanswered.shift() ?? []
    if (message.packed < batch.length) this.#isCut = open.isCut = true
    open.items += message.packed
    open.sourceBytes += message.bytes
    this.#results.take(open, batch.slice(0, message.packed), message.results)
  }

  #continue(worker: number, open: OpenChunk, message: Extract<FromWorker, { did: 'add' }>): void {
    if (message.flushed) this.#topOff(open, message.storedBytes, message.manifestBytes)
    else if (open.waiting.length === 0 && open.unanswered.length === 0) this.#refill(open)
    this.#send(worker, open)
  }

  #full(worker: number, open: OpenChunk): void {
    const { pool, schedule } = this.#options
    open.state = 'full'
    if (isWorthSealing(open, schedule.chunkBytes)) return
    open.state = 'sealing' // the worker answers `drop`
    pool.send(worker, { do: 'drop' })
  }

  #close(worker: number): void {
    this.#open.delete(worker)
    this.#idle.add(worker)
    this.#sealFull()
  }

  #topOff(open: OpenChunk, storedBytes: number, manifestBytes: number): void {
    const manifest = manifestBytes + endingBytes(open)
    open.waiting.push(...this.#scheduler.more(open.start.chunk, storedBytes, manifest))
  }

  /** If other chunks store much of its content, more items take their place: no chunk is nearly empty. */
  #refill(open: OpenChunk): void {
    const { chunk, compression } = open.start
    const kept = open.placed.filter(({ planned }) => !open.copies.has(planned.item.seq))
    const bytes = sourceBytes(open.placed)
    if (bytes - sourceBytes(kept) <= bytes / 4) return
    while (this.#scheduler.wants(compression, bytes) && !this.#scheduler.ended) this.#pull()
    const more = this.#scheduler.refill(chunk, open.placed, kept)
    open.placed.push(...more)
    open.waiting.push(...more)
  }

  #sealFull(): void {
    const { pool, backup } = this.#options
    for (;;) {
      const next = nextToSeal(this.#open, () => this.#isAnythingLeft())
      if (!next) return
      const open = this.#open.get(next.worker) as OpenChunk
      open.state = 'sealing'
      if (next.isLast) open.lines.push({ t: 'end', backup, finished: (this.#finished = Date.now()) })
      pool.send(next.worker, { do: 'seal', lines: open.lines })
    }
  }

  /** Pulls items until the answer is known. */
  #isAnythingLeft(): boolean {
    if (this.#isCut) return true
    while (this.#scheduler.isDrained() && !this.#scheduler.ended) this.#pull()
    return !this.#scheduler.isDrained() || this.#options.itemSource.hasReferences
  }

  #sealed(worker: number, open: OpenChunk, sealed: { bytes: number; manifest: Uint8Array }): void {
    const [{ db, report }, { chunk, disc }] = [this.#options, open.start]
    db.transaction(() => {
      for (const line of parseLines(sealed.manifest)) this.#apply(line)
    })()
    this.#scheduler.sealed(chunk, toSectors(sealed.bytes))
    this.#close(worker)
    this.#chunks++
    this.#bytesStored += sealed.bytes
    const file = `chunks/${open.name}`
    report({ type: 'chunk', chunk, disc, file, sourceBytes: open.sourceBytes, storedBytes: sealed.bytes })
  }
}
