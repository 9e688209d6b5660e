/** Reads discs from beginning to end, and reports for each file whether it is as written. */

import type Database from 'better-sqlite3'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { throwIfAborted } from '../errors.ts'
import type { Report } from '../events.ts'
import { checksumFile } from '../format/layout.ts'
import { isChecksumParity, isDiscParity, isWholePar2 } from '../format/par2-file.ts'
import { parseChecksums } from '../format/checksum-list.ts'
import { pace } from '../progress.ts'
import { type Digest, digestOf } from '../media/digest.ts'
import type { DiscListing, DiscReader } from '../media/disc-reader.ts'
import { ChunkIndex } from '../catalog/chunk-index.ts'
import { type Finding, isDamage } from './finding.ts'
import { chunkNumber, judgeDisc, type Unknown } from './compare-disc.ts'
import { type LossCount, Losses, type LostFile } from '../catalog/losses.ts'
import { identifyChunk } from './identify-chunk.ts'

export interface VerifyJob {
  readonly discs: readonly DiscReader[]
  /** Undefined if no catalog can be read: then only SHA256SUMS is left to compare with. */
  readonly catalog: { readonly db: Database.Database; readonly setId: string } | undefined
  /** With an unlocked private key. */
  readonly secrets: OpenedSecrets
  /** The disc in a folder, if SHA256SUMS does not show it. */
  readonly identify: (reader: DiscReader) => number | undefined
  readonly onFile: (finding: Finding) => void | Promise<void>
  /** Gets each missing chunk, with the files that it costs. */
  readonly onLoss: (loss: ChunkLoss) => void | Promise<void>
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

export interface ChunkLoss {
  readonly chunk: number
  readonly disc: number
  readonly name: string
  /** Iterate immediately, and only once. */
  readonly files: Iterable<LostFile>
}

export interface VerifyOutcome {
  /** Those that the catalog knows, in order. */
  readonly discs: readonly number[]
  readonly files: number
  readonly bytes: number
  /** Findings by status. */
  readonly counts: ReadonlyMap<Finding['status'], number>
  /** Chunks without a sound copy in the right place. */
  readonly lostChunks: readonly number[]
  readonly lost: LossCount
  /** Some chunks are newer than the catalog. */
  readonly catalogIsOlder: boolean
  /** A disc has parity for a repair. */
  readonly hasParity: boolean
}

/** The list of a full disc is a few MB; a larger file is not a list. */
const mostListBytes = 64 << 20

/** Throws `aborted`. Damage of a disc is a finding, not an error. */
export async function verifyDiscs(job: VerifyJob): Promise<VerifyOutcome> {
  const listings: DiscListing[] = []
  for (const disc of job.discs) listings.push(await disc.list())
  const files = listings.flatMap((listing) => listing.files)
  const progress = new Progress(
    job,
    files.length,
    files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  )
  const chunks = job.catalog && new ChunkIndex(job.catalog.db)
  const discs = new Set<number>()
  const counts = new Map<Finding['status'], number>()
  const wanting = new Map<number, Finding>()
  const found = new Set<number>()
  let catalogIsOlder = false
  let hasParity = false

  for (const [i, reader] of job.discs.entries()) {
    const listing = listings[i] as DiscListing
    const { digests, list, soundParity } = await readDisc(reader, listing, progress)
    hasParity ||= listing.files.some(({ name }) => isDiscParity(name))
    const disc = chunks && (chunks.discOf(list.sums) ?? job.identify(reader))
    if (disc !== undefined) discs.add(disc)
    const { findings, unknown } = judgeDisc({
      place: reader.place,
      disc,
      listing,
      digests,
      list,
      soundParity,
      chunks,
    })
    const named = await identifyUnknown(job, reader, unknown)
    for (const { sha256 } of digests.values()) {
      const is = sha256 === undefined ? undefined : chunks?.byHash(sha256)
      if (is) found.add(is.chunk)
    }
    for (const judged of findings) {
      const finding = named.get(judged) ?? judged
      counts.set(finding.status, (counts.get(finding.status) ?? 0) + 1)
      if (isDamage(finding.status) && finding.chunk !== undefined) wanting.set(finding.chunk, finding)
      catalogIsOlder ||= chunks !== undefined && (chunkNumber(finding.name) ?? 0) > chunks.newest
      await job.onFile(finding)
    }
  }
  const lostChunks = [...wanting.keys()].filter((chunk) => !found.has(chunk)).sort((a, b) => a - b)
  const lost = await tellLosses(job, lostChunks, wanting)
  progress.end()
  return {
    discs: [...discs].sort((a, b) => a - b),
    ...progress.done,
    counts,
    lostChunks,
    lost,
    catalogIsOlder,
    hasParity,
  }
}

async function readDisc(reader: DiscReader, listing: DiscListing, progress: Progress) {
  const digests = new Map<string, Digest>()
  const soundParity = new Set<string>()
  let listBytes: Buffer = Buffer.alloc(0)
  for (const { name, odd } of listing.files) {
    if (odd !== undefined) continue
    const kept: Buffer[] = []
    let keptBytes = 0
    const keep = (piece: Uint8Array): void => {
      keptBytes += piece.length
      if (keptBytes <= mostListBytes) kept.push(Buffer.from(piece))
    }
    const isKept = name === checksumFile || isChecksumParity(name)
    digests.set(name, await digestOf(reader, name, progress.bytes, isKept ? keep : undefined))
    if (name === checksumFile) listBytes = Buffer.concat(kept)
    else if (isKept && isWholePar2(Buffer.concat(kept))) soundParity.add(name)
    progress.file()
  }
  return { digests, list: parseChecksums(listBytes), soundParity }
}

/** Identifies unknown chunks from their own manifests. */
async function identifyUnknown(
  job: VerifyJob,
  reader: DiscReader,
  unknown: readonly Unknown[],
): Promise<Map<Finding, Finding>> {
  const named = new Map<Finding, Finding>()
  for (const { finding, expected } of unknown) {
    const is = await identifyChunk(reader, finding.name, job.secrets, job.signal)
    const inPlace = isDamage(finding.status)
    const foreign = (message: string): Map<Finding, Finding> =>
      named.set(finding, { ...finding, status: inPlace ? 'foreign' : finding.status, message })
    if (is === 'strange') {
      if (finding.bytes !== expected?.bytes) foreign('it is a file of another kind, not a chunk')
    } else if (is === 'closed') {
      if (finding.bytes !== expected?.bytes)
        foreign('it is encrypted to something else: a chunk of another set, or damaged at its beginning')
    } else if (is && job.catalog && is.set !== job.catalog.setId) {
      foreign(`it is chunk ${is.chunk} of another set, ${is.set}`)
    } else if (is && expected && is.chunk !== expected.chunk) {
      foreign(`it says that it is chunk ${is.chunk}, and is not as that was written`)
    }
  }
  return named
}

async function tellLosses(
  job: VerifyJob,
  lostChunks: readonly number[],
  wanting: ReadonlyMap<number, Finding>,
): Promise<LossCount> {
  if (!job.catalog || lostChunks.length === 0) return { files: 0, bytes: 0, withCopy: 0 }
  const losses = new Losses(job.catalog.db, lostChunks)
  for (const chunk of lostChunks) {
    const { disc, name } = wanting.get(chunk) as Finding
    await job.onLoss({ chunk, disc: disc as number, name, files: losses.filesOf(chunk) })
  }
  return losses.total()
}

class Progress {
  readonly #job: VerifyJob
  readonly #totalFiles: number
  readonly #totalBytes: number
  #files = 0
  #bytes = 0
  readonly #isDue = pace()

  constructor(job: VerifyJob, totalFiles: number, totalBytes: number) {
    this.#job = job
    this.#totalFiles = totalFiles
    this.#totalBytes = totalBytes
    job.report({ type: 'stage', stage: 'verify', totalBytes, totalFiles })
  }

  get done(): { readonly files: number; readonly bytes: number } {
    return { files: this.#files, bytes: this.#bytes }
  }

  readonly bytes = (count: number): void => {
    throwIfAborted(this.#job.signal)
    this.#bytes += count
    this.#tell(false)
  }

  file(): void {
    this.#files++
  }

  end(): void {
    this.#tell(true)
  }

  #tell(always: boolean): void {
    if (!this.#isDue(always)) return
    const [totalBytes, totalFiles] = [this.#totalBytes, this.#totalFiles]
    this.#job.report({
      type: 'progress',
      stage: 'verify',
      bytes: this.#bytes,
      files: this.#files,
      totalBytes,
      totalFiles,
    })
  }
}
