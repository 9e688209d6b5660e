/** Packs everything in the queue into chunks on discs. */

import { type ApplyLine, manifestApplier } from '../catalog/apply-manifest.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { chunkFile } from '../format/layout.ts'
import { type DiscLine, type ManifestLine, parseLines } from '../format/manifest.ts'
import { toSectors } from './chunk-bound.ts'

import type { Feed } from './feed.ts'
import { discLineBytes, headOf, linesText } from './item-lines.ts'
import { type ChunkPaths, endingBytes, nextToSeal, openChunk, type OpenChunk } from './open-chunk.ts'
import type { Work } from './plan-item.ts'
import type { PackResult } from './pack-result.ts'
import { batchOf } from './item-batch.ts'
import { ItemResults } from './item-results.ts'
import type { PackItem } from './protocol.ts'
import { type Placed, sourceBytes } from './planned.ts'
import { Scheduler, type SchedulerOptions, type Start } from './scheduler.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface PackOptions {
  readonly db: Catalog
  readonly pool: WorkerPool
  readonly feed: Feed
  readonly backup: number
  readonly encrypted: boolean
  readonly schedule: Omit<SchedulerOptions, 'headBytes' | 'workers'>
  /** Bytes of a disc kept for the records that come last, given how many there are. */
  readonly reserveBytes: (references: number) => number
  /** Lines that every manifest begins with. */
  readonly head: readonly ManifestLine[]
  /** Makes the folder of a disc that gets its first chunk in this run, and its row. */
  readonly beginDisc: (disc: number) => DiscLine
  readonly paths: (disc: number, name: string, chunk: number) => ChunkPaths
  /** Called before a file counts as gone; throws where the source as a whole is. */
  readonly checkSource: () => void
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

/** Items in one message to a worker. */
const batchItems = 1000

export async function pack(options: PackOptions): Promise<PackResult> {
  return new Packing(options).run()
}

class Packing {
  readonly #options: PackOptions
  readonly #scheduler: Scheduler<Work>
  readonly #apply: ApplyLine
  readonly #idle: Set<number>
  readonly #open = new Map<number, OpenChunk>()
  readonly #results: ItemResults
  readonly #discs = new Map<number, DiscLine>()
  #finished: number | undefined
  #begun = 0
  #chunks = 0
  #bytesStored = 0
  #bytesDone = 0
  #filesDone = 0
  readonly #totalBytes: number

  constructor(options: PackOptions) {
    this.#options = options
    const headBytes = Buffer.byteLength(linesText(options.head)) + discLineBytes
    this.#scheduler = new Scheduler({ ...options.schedule, workers: options.pool.size, headBytes })
    this.#results = new ItemResults({ ...options, scheduler: this.#scheduler })
    this.#apply = manifestApplier(options.db)
    this.#idle = new Set(Array.from({ length: options.pool.size }, (_, worker) => worker))
    this.#totalBytes = options.feed.totalBytes()
    this.#scheduler.expect(
      options.feed.totalDataBytes(),
      options.feed.totalItems(),
      options.reserveBytes(options.feed.references),
    )
  }

  async run(): Promise<PackResult> {
    const { pool, report, signal } = this.#options
    report({ type: 'stage', stage: 'pack', totalBytes: this.#totalBytes })
    let complete = true
    for (;;) {
      if (signal?.aborted) await pool.listen(signal) // throws
      const decision = this.#scheduler.decide([...this.#idle])
      if (decision.do === 'pull') this.#pull()
      else if (decision.do === 'start') this.#start(decision)
      else if (decision.do === 'wait' || this.#open.size > 0) await this.#hear()
      else if (decision.do === 'impossible') throw tooSmall()
      else if (decision.do === 'stop') {
        complete = false
        break
      } else if (!this.#references()) break
    }
    return {
      complete,
      finished: this.#finished,
      chunks: this.#chunks,
      bytesStored: this.#bytesStored,
      discs: [...this.#discs.keys()].sort((a, b) => a - b),
      fullDiscs: this.#scheduler.fullDiscs,
      sourceProblems: this.#results.problems,
      stored: this.#results.stored,
    }
  }

  #pull(): void {
    const planned = this.#options.feed.pull()
    if (planned) for (const item of planned) this.#scheduler.offer(item)
    else this.#scheduler.end(true)
  }

  /** All files are stored: what refers to them can follow. */
  #references(): boolean {
    if (!this.#options.feed.openReferences()) return false
    this.#scheduler.expect(0, 0, 0)
    this.#scheduler.end(false)
    return true
  }

  #start(start: Start<Work>): void {
    const { encrypted, backup, beginDisc, paths, pool, head, feed } = this.#options
    const name = chunkFile(start.chunk, start.compression, encrypted)
    const disc = this.#discs.get(start.disc) ?? beginDisc(start.disc)
    this.#discs.set(start.disc, disc)
    const order = {
      chunk: start.chunk,
      disc: start.disc,
      backup,
      name,
      compression: start.compression,
      lanes: this.#lanes(start),
      ...paths(start.disc, name, start.chunk),
      head: headOf(head, start.chunk, disc, backup, feed.lastContent),
    }
    this.#idle.delete(start.worker)
    const open = openChunk(start, name)
    this.#open.set(start.worker, open)
    pool.tell(start.worker, { do: 'open', order })
    // Two batches are under way, so that the worker never waits for the next.
    this.#send(start.worker, open)
    this.#send(start.worker, open)
  }

  /**
   * Chunks in work keep the cores busy by themselves, and would disturb each other; one that is alone, as it may be at the
   * end of a run, spreads over them.
   */
  #lanes({ topOff }: Start<Work>): number {
    const { size } = this.#options.pool
    const { expectedChunks } = this.#scheduler
    const isNearEnd = ++this.#begun > expectedChunks - size
    return topOff
      ? size
      : Math.min(size, Math.floor(size / Math.min(size, expectedChunks)) + Number(isNearEnd))
  }

  /** The next items, in batches, so that progress is told and messages stay small. */
  #send(worker: number, open: OpenChunk): void {
    if (open.waiting.length === 0) return
    const placed = open.waiting.splice(0, batchItems)
    const items = batchOf(placed.map((one) => this.#packItem(one)))
    const isLast = open.waiting.length === 0
    this.#options.pool.tell(worker, { do: 'add', items, flush: open.start.topOff && isLast })
    open.unanswered.push(placed)
  }

  #packItem({ planned, part }: Placed<Work>): PackItem {
    const item = this.#options.feed.itemOf(planned.item)
    if (!part) return item
    const before = this.#options.feed.resumed.get(item.content)
    return { ...item, part: { ...part, ...(before ? { before } : {}) } }
  }

  async #hear(): Promise<void> {
    const { pool, report, signal } = this.#options
    const { worker, message } = await pool.listen(signal)
    const open = this.#open.get(worker)
    if (!open) return
    if (message.did === 'progress') {
      this.#bytesDone += message.bytes
      this.#filesDone += message.files
      report({
        type: 'progress',
        stage: 'pack',
        bytes: this.#bytesDone,
        files: this.#filesDone,
        totalBytes: this.#totalBytes,
        disc: open.start.disc,
        chunk: open.start.chunk,
      })
    } else if (message.did === 'add') {
      open.sourceBytes += message.bytes
      this.#results.take(open, open.unanswered.shift() ?? [], message.results)
      if (message.flushed) this.#topOff(open, message.storedBytes, message.manifestBytes)
      else if (open.waiting.length === 0 && open.unanswered.length === 0) this.#refill(open)
      this.#send(worker, open)
      if (open.unanswered.length === 0) open.state = 'full'
      this.#sealFull()
    } else if (message.did === 'seal') {
      this.#sealed(worker, open, message)
    }
  }

  #topOff(open: OpenChunk, storedBytes: number, manifestBytes: number): void {
    const manifest = manifestBytes + endingBytes(open)
    open.waiting.push(...this.#scheduler.more(open.start.chunk, storedBytes, manifest))
  }

  /** Where much of it is not stored, as other chunks have it, others take its place: no chunk is next to empty. */
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
      pool.tell(next.worker, { do: 'seal', lines: open.lines })
    }
  }

  /** Pulls until it is known. */
  #isAnythingLeft(): boolean {
    while (this.#scheduler.isDrained() && !this.#scheduler.ended) this.#pull()
    return !this.#scheduler.isDrained() || this.#options.feed.hasReferences
  }

  #sealed(worker: number, open: OpenChunk, sealed: { bytes: number; manifest: Uint8Array }): void {
    const { db, report } = this.#options
    const { chunk, disc } = open.start
    db.transaction(() => {
      for (const line of parseLines(sealed.manifest)) this.#apply(line)
    })()
    this.#scheduler.sealed(chunk, toSectors(sealed.bytes))
    this.#open.delete(worker)
    this.#idle.add(worker)
    this.#sealFull()
    this.#chunks++
    this.#bytesStored += sealed.bytes
    const file = `chunks/${open.name}`
    report({ type: 'chunk', chunk, disc, file, sourceBytes: open.sourceBytes, storedBytes: sealed.bytes })
  }
}

const tooSmall = (): ButcherError =>
  new ButcherError('medium', 'a disc of this medium has no room for anything beside its own catalog', {
    hint: 'take a larger medium',
  })
