/**
 * Packs the files of the queue by jobs that other hosts do. The chunks, their discs and their numbers are
 * planned as for worker threads. A job cannot be asked while it is done, so the end of a disc takes several
 * small chunks. What refers to stored files, and all lines about trouble, come after the jobs.
 */

import { type ApplyLine, manifestApplier } from '../catalog/apply-manifest.ts'
import { stopped } from '../errors.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { chunkFile } from '../format/layout.ts'
import { type DiscLine, type ManifestLine, parseLines } from '../format/manifest.ts'
import { partMostBytes } from './backlog-options.ts'
import { toSectors } from './chunk-bound.ts'
import type { ChunkJob } from './chunk-job.ts'
import { discLineBytes, headOf, linesText } from './item-lines.ts'
import { ItemResults } from './item-results.ts'
import { noRoom, tooSmall } from './no-room.ts'
import { openChunk, type OpenChunk } from './open-chunk.ts'
import type { PackOptions } from './pack-options.ts'
import type { PackResult } from './pack-result.ts'
import type { PackedChunk } from './packed-chunk.ts'
import type { Work } from './plan-item.ts'
import type { Planned } from './planned.ts'
import { Scheduler, type Start } from './scheduler.ts'

/** A job as far as packing knows it. */
export type PlannedJob = Omit<ChunkJob, 'set' | 'run' | 'hash' | 'source' | 'folder' | 'keys'>

interface DoneJob {
  readonly job: PlannedJob
  readonly packed: PackedChunk
}

export interface JobPlace {
  /** The most jobs that are offered at a time, as of now. */
  readonly ahead: () => number
  /** Resolves with the checked answer of whoever did the job. */
  readonly offer: (job: PlannedJob) => Promise<PackedChunk>
  /** Puts the chunks onto their discs, and their records into the journal. */
  readonly take: (done: readonly DoneJob[]) => void
}

export interface PackJobsOptions extends Omit<
  PackOptions,
  'pool' | 'paths' | 'gate' | 'signalNow' | 'sealPatienceMs'
> {
  readonly place: JobPlace
  /** The workers that chunks are shared among. */
  readonly workers: number
  /** False: a file that is split is left out. Its parts need an answer before the next one is planned. */
  readonly takesParts: boolean
}

export interface PackedJobs extends PackResult {
  /** Lines that the next chunk must have. */
  readonly lines: readonly ManifestLine[]
}

export const packJobs = (options: PackJobsOptions): Promise<PackedJobs> => new JobPacking(options).run()

interface Offered {
  readonly slot: number
  readonly open: OpenChunk
  readonly job: PlannedJob
  packed?: PackedChunk
}

class JobPacking {
  readonly #options: PackJobsOptions
  readonly #headBytes: number
  readonly #scheduler: Scheduler<Work>
  readonly #results: ItemResults
  readonly #apply: ApplyLine
  readonly #idle: number[] = []
  #slots = 0
  /** In the order of their chunks. */
  readonly #offered: Offered[] = []
  readonly #discs = new Map<number, DiscLine>()
  readonly #lines: ManifestLine[] = []
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #chunks = 0
  #bytesStored = 0
  #bytesDone = 0
  #filesDone = 0
  readonly #totalBytes: number

  constructor(options: PackJobsOptions) {
    this.#options = options
    this.#headBytes = Buffer.byteLength(linesText(options.head)) + discLineBytes
    this.#scheduler = new Scheduler({
      ...options.schedule,
      workers: options.workers,
      headBytes: this.#headBytes,
    })
    this.#results = new ItemResults({ ...options, scheduler: this.#scheduler })
    this.#apply = manifestApplier(options.db)
    const { itemSource } = options
    this.#totalBytes = itemSource.totalBytes()
    this.#scheduler.expect(
      itemSource.totalDataBytes(),
      itemSource.totalItems(),
      options.reserveBytes(itemSource.references),
    )
  }

  async run(): Promise<PackedJobs> {
    const { report, signal } = this.#options
    report({ type: 'stage', stage: 'pack', totalBytes: this.#totalBytes })
    const stop = (): void => this.#fail(stopped())
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      return this.#result(await this.#packAll())
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** False if the allowed discs are full. */
  async #packAll(): Promise<boolean> {
    const { itemSource, destination } = this.#options
    for (;;) {
      if (this.#failure) throw this.#failure
      if (this.#takeDone()) continue
      this.#scheduler.free(freeBytesIn(destination))
      const decision = this.#scheduler.decide(this.#freeSlots())
      if (decision.do === 'pull') {
        const planned = itemSource.pull()
        if (!planned) this.#scheduler.end(true)
        for (const item of planned ?? []) if (this.#takes(item)) this.#scheduler.offer(item)
      } else if (decision.do === 'start') this.#start(decision)
      else if (this.#offered.length > 0) await new Promise<void>((resolve) => (this.#wake = resolve))
      else if (decision.do === 'impossible') throw tooSmall()
      else if (decision.do === 'no-space') throw noRoom(destination)
      else return decision.do !== 'stop'
    }
  }

  #takes(planned: Planned<Work>): boolean {
    const { takesParts, schedule } = this.#options
    if (takesParts || planned.isPiece) return true
    const workers = this.#options.workers
    const most = partMostBytes({ ...schedule, workers, headBytes: this.#headBytes }, planned)
    return !planned.resume && planned.bytes <= most
  }

  #freeSlots(): readonly number[] {
    const most = Math.max(1, this.#options.place.ahead())
    while (this.#slots < most) this.#idle.push(this.#slots++)
    return this.#offered.length < most ? this.#idle : []
  }

  #start(start: Start<Work>): void {
    const { encrypted, backup, beginDisc, head, itemSource, place } = this.#options
    const name = chunkFile(start.chunk, start.compression, encrypted)
    const disc = this.#discs.get(start.disc) ?? beginDisc(start.disc)
    this.#discs.set(start.disc, disc)
    const { chunk, compression, mostBytes } = start
    const job: PlannedJob = {
      chunk,
      disc: start.disc,
      backup,
      name,
      compression,
      mostBytes,
      head: headOf(head, chunk, disc, backup, itemSource.lastContent),
      items: start.items.map(({ planned, part }) => {
        const item = itemSource.itemOf(planned.item)
        return part ? { ...item, part } : item
      }),
    }
    this.#idle.splice(this.#idle.indexOf(start.worker), 1)
    const offered: Offered = { slot: start.worker, open: openChunk(start, name), job }
    this.#offered.push(offered)
    place.offer(job).then(
      (packed) => {
        offered.packed = packed
        this.#wakeUp()
      },
      (error: unknown) => this.#fail(error as Error),
    )
  }

  /** Takes the answers that no earlier chunk is missing before. */
  #takeDone(): boolean {
    const missing = this.#offered.findIndex(({ packed }) => packed === undefined)
    const done = this.#offered.splice(0, missing < 0 ? this.#offered.length : missing)
    if (done.length === 0) return false
    this.#options.place.take(done.map(({ job, packed }) => ({ job, packed: packed as PackedChunk })))
    this.#options.db.transaction(() => {
      for (const { packed } of done)
        for (const line of parseLines((packed as PackedChunk).record)) this.#apply(line)
    })()
    for (const one of done) this.#taken(one, one.packed as PackedChunk)
    return true
  }

  #taken({ slot, open, job }: Offered, { bytes, sourceBytes, packed, results }: PackedChunk): void {
    const { report } = this.#options
    this.#results.take(open, open.placed, results)
    this.#lines.push(...open.lines)
    this.#scheduler.sealed(job.chunk, toSectors(bytes))
    this.#idle.unshift(slot)
    this.#chunks++
    this.#bytesStored += bytes
    this.#bytesDone += sourceBytes
    this.#filesDone += packed
    const { chunk, disc } = job
    report({ type: 'chunk', chunk, disc, file: `chunks/${job.name}`, sourceBytes, storedBytes: bytes })
    report({
      type: 'progress',
      stage: 'pack',
      bytes: this.#bytesDone,
      files: this.#filesDone,
      totalBytes: this.#totalBytes,
      disc,
      chunk,
    })
  }

  #result(complete: boolean): PackedJobs {
    return {
      complete,
      stopped: false,
      finished: undefined,
      chunks: this.#chunks,
      bytesStored: this.#bytesStored,
      discs: [...this.#discs.keys()].sort((a, b) => a - b),
      fullDiscs: this.#scheduler.fullDiscs,
      sourceProblems: this.#results.problems,
      stored: this.#results.stored,
      lines: this.#lines,
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
