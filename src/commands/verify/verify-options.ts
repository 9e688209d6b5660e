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
  /** Files read. */
  readonly files: number
  /** Bytes of these files. */
  readonly bytes: number
  /** Number of sound files. */
  readonly sound: number
  /** Files that are damaged, truncated, empty, unreadable or replaced. */
  readonly damaged: number
  /** Number of missing files. */
  readonly missing: number
  /** Sound chunks under a wrong name. */
  readonly misplaced: number
  /** Files that do not belong to the disc. */
  readonly surplus: number
  /** Files without a checksum to compare with. */
  readonly unchecked: number
  /** Numbers of the discs that were read. */
  readonly discs: readonly number[]
  /** Numbers of the other discs of the set. */
  readonly notHere: readonly number[]
  /** Numbers of the chunks of these discs that are lost. */
  readonly lostChunks: readonly number[]
  /** Versions of source files that these chunks affect. */
  readonly lostFiles: number
  /** Bytes of these files. */
  readonly lostBytes: number
  /** Number of these files that have a second stored copy. */
  readonly lostWithCopy: number
  /** Unreadable bytes of the whole medium. null without `--save` and `--map`. */
  readonly unreadableBytes: number | null
  /** Whether a catalog was used. False: only SHA256SUMS. */
  readonly byCatalog: boolean
  /** Whether one of the discs has parity. */
  readonly hasParity: boolean
  readonly warnings: number
  readonly seconds: number
}
