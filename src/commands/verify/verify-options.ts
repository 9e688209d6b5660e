import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'
import type { Finding } from '../../verify/finding.ts'
import type { ChunkLoss } from '../../verify/verify.ts'

export interface VerifyOptions extends Secrets {
  /** Discs, folders of discs, destinations of backup; and catalog files, to go by. */
  readonly from: readonly string[]
  /** A catalog file to go by instead of the newest found in `from`. */
  readonly index?: string
  /** Throws `secret` where the catalog cannot be opened for none is given, instead of going by SHA256SUMS alone. */
  readonly mustOpen?: boolean
  /** Of an image or a drive, one alone: a copy of it is written to this new file, zeros for what cannot be read. */
  readonly save?: string
  /** Likewise: which sectors can be read, as a mapfile of ddrescue. */
  readonly map?: string
  /** A destination in whose catalog the result is kept. */
  readonly record?: string
  /** Which copy of the disc was read, where it has several. */
  readonly copy?: number
  /** Told of every file of every disc. */
  readonly onFile?: (finding: Finding) => void | Promise<void>
  /** Told of each chunk that is not to be had, with the files that it costs. */
  readonly onLoss?: (loss: ChunkLoss) => void | Promise<void>
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface VerifySummary {
  /** Files read, and their bytes. */
  readonly files: number
  readonly bytes: number
  readonly sound: number
  /** Files that are there and not right: damaged, truncated, empty, unreadable, or something else in their place. */
  readonly damaged: number
  readonly missing: number
  /** Chunks that are there and whole, but not under their names. */
  readonly misplaced: number
  /** Files that belong to nothing. */
  readonly surplus: number
  /** Files that there is nothing to compare with. */
  readonly unchecked: number
  /** The discs that were read. */
  readonly discs: readonly number[]
  /** Other discs of the set. */
  readonly notHere: readonly number[]
  /** Chunks that are not to be had from these discs, though they are of them. */
  readonly lostChunks: readonly number[]
  /** What those cost: files, one for each version of a path; and of how many a second copy is stored. */
  readonly lostFiles: number
  readonly lostBytes: number
  readonly lostWithCopy: number
  /** Bytes of the medium that cannot be read; null where no copy and no map was asked for. */
  readonly unreadableBytes: number | null
  /** False where only SHA256SUMS was there to go by. */
  readonly byCatalog: boolean
  /** A disc has parity. */
  readonly hasParity: boolean
  readonly warnings: number
  readonly seconds: number
}
