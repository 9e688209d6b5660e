/** Packs everything in the queue into chunks on discs. */

import { type ApplyLine, manifestApplier } from '../catalog/apply-manifest.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { chunkFile } from '../format/layout.ts'
import { type DiscLine, type ManifestLine, parseLines } from '../format/manifest.ts'
import { toSectors } from './chunk-bound.ts'

import { maxItemsPerChunk } from './basket.ts'
import type { Feed } from './feed.ts'
import { discLineBytes, headOf, linesText } from './item-lines.ts'
import { type ChunkPaths, endingBytes, nextToSeal, openChunk, type OpenChunk } from './open-chunk.ts'
import type { Work } from './plan-item.ts'
import type { PackResult } from './pack-result.ts'
import type { ItemResult, PackItem } from './protocol.ts'
import type { Placed } from './planned.ts'
import { Scheduler, type SchedulerOptions, type Start } from './scheduler.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface PackOptions {
  readonly db: Catalog
  readonly pool: WorkerPool
  readonly feed: Feed
  readonly backup: number
  readonly encrypted: boolean
  readonly schedule: Omit<SchedulerOptions, 'headBytes'>
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
  readonly #retried = new Set<string>()
  /** Split files that failed: what their other parts say is of no use. */
  readonly #failedWork = new WeakSet<Work>()
  readonly #discs = new Map<number, DiscLine>()
  #finished: number | undefined
  #chunks = 0
  #bytesStored = 0
  #problems = 0
  readonly #stored = { new: 0, changed: 0, bytes: 0 }
  #bytesDone = 0
  #filesDone = 0
  readonly #totalBytes: number
  readonly #dataBytes: number
  readonly #totalItems: number

  constructor(options: PackOptions) {
    this.#options = options
    const headBytes = Buffer.byteLength(linesText(options.head)) + discLineBytes
    this.#scheduler = new Scheduler({ ...options.schedule, headBytes })
    this.#apply = manifestApplier(options.db)
    this.#idle = new Set(Array.from({ length: options.pool.size }, (_, worker) => worker))
    this.#totalBytes = options.feed.totalBytes()
    this.#totalItems = options.feed.totalItems()
    this.#dataBytes = options.feed.totalDataBytes()
    this.#scheduler.expect(this.#dataBytes, options.reserveBytes(options.feed.references))
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
      sourceProblems: this.#problems,
      stored: this.#stored,
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
    this.#scheduler.expect(0, 0)
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
      lanes: this.#lanes(start.topOff),
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

  /** Chunks in work keep the cores busy by themselves; one that is alone spreads its segments over them. */
  #lanes(topOff: boolean): number {
    const { pool, schedule } = this.#options
    const chunks = Math.max(this.#dataBytes / schedule.chunkBytes, this.#totalItems / maxItemsPerChunk)
    return topOff ? pool.size : Math.max(1, Math.floor(pool.size / Math.max(1, chunks)))
  }

  /** The next items, in batches, so that progress is told and messages stay small. */
  #send(worker: number, open: OpenChunk): void {
    if (open.waiting.length === 0) return
    const placed = open.waiting.splice(0, batchItems)
    for (const { planned } of placed) open.works.set(planned.item.seq, planned.item)
    const items = placed.map((one) => this.#packItem(one))
    const isLast = open.waiting.length === 0
    this.#options.pool.tell(worker, { do: 'add', items, flush: open.start.topOff && isLast })
    open.unanswered++
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
      open.unanswered--
      for (const result of message.results) this.#result(open, result)
      this.#noteCopies(message.results)
      if (message.flushed) this.#topOff(open, message.storedBytes, message.manifestBytes)
      this.#send(worker, open)
      if (open.unanswered === 0) open.state = 'full'
      this.#sealFull()
    } else if (message.did === 'seal') {
      this.#sealed(worker, open, message)
    }
  }

  #topOff(open: OpenChunk, storedBytes: number, manifestBytes: number): void {
    const manifest = manifestBytes + endingBytes(open)
    open.waiting.push(...this.#scheduler.more(open.start.chunk, storedBytes, manifest))
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

  #result(open: OpenChunk, result: ItemResult): void {
    const work = open.works.get(result.seq) as Work
    open.sourceBytes += result.bytes
    if (this.#failedWork.has(work)) return
    if (result.outcome === 'copy') return
    if (result.outcome === 'copied') this.#options.feed.copies++
    if (result.outcome === 'stored' || result.outcome === 'copied') {
      if (result.message) this.#warn(open, work.path, result.message)
      if (result.partial !== true) this.#count(work)
      return
    }
    this.#failedWork.add(work)
    this.#scheduler.abandon(work)
    const { path } = work
    if (result.outcome === 'again' && !this.#retried.has(path)) {
      this.#retried.add(path)
      const planned = this.#options.feed.again(work)
      if (planned) return this.#scheduler.offer(planned)
    }
    this.#fail(open, work, result.message ?? 'cannot read')
  }

  /** They follow once what they refer to is on its disc. */
  #noteCopies(results: readonly ItemResult[]): void {
    const copies = results.flatMap(({ seq, hash }) => (hash === undefined ? [] : { seq, hash }))
    if (copies.length === 0) return
    const { feed, reserveBytes } = this.#options
    feed.noteCopies(copies)
    this.#scheduler.reserve(reserveBytes(feed.references))
  }

  /** The path is not in this backup: its row of an earlier one ends, and why is recorded. */
  #fail(open: OpenChunk, { path }: Work, message: string): void {
    this.#options.checkSource()
    this.#warn(open, path, message)
    open.lines.push({ t: 'gone', path, backup: this.#options.backup })
  }

  #count({ change, sizeBytes }: Work): void {
    if (change !== 'new' && change !== 'changed') return
    this.#stored[change]++
    this.#stored.bytes += sizeBytes
  }

  #warn(open: OpenChunk, path: string, message: string): void {
    this.#problems++
    open.lines.push({ t: 'problem', backup: this.#options.backup, path, message })
    this.#options.report({ type: 'warning', kind: 'source', path, message })
  }
}

const tooSmall = (): ButcherError =>
  new ButcherError('medium', 'a disc of this medium has no room for anything beside its own catalog', {
    hint: 'take a larger medium',
  })
