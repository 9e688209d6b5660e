import type { Remedy } from '../../catalog/remedies.ts'
import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'
import type { Finding } from '../../verify/finding.ts'
import type { ChunkLoss } from '../../verify/verify.ts'
import type { StoreUser } from '../../remote/remote-options.ts'

export interface VerifyOptions extends Secrets, StoreUser {
  /** Discs, folders of discs, destinations, and catalog files to compare with. */
  readonly from: readonly string[]
  /** A catalog file to use instead of the newest one found in `from`. */
  readonly index?: string
  /** Throws `secret` if the catalog needs a secret and none is given, instead of using SHA256SUMS alone. */
  readonly mustOpen?: boolean
  /** For a single image or drive: writes a copy to this new file, with zeros for unreadable ranges. */
  readonly save?: string
  /** Likewise: the readable sectors, as a ddrescue mapfile. */
  readonly map?: string
  /** A destination whose catalog records the result. */
  readonly record?: string
  /** The copy of the disc that was read, if it has several. */
  readonly copy?: number
  /** Gets every file of every disc. */
  readonly onFile?: (finding: Finding) => void | Promise<void>
  /** Gets each missing chunk, with the files that it costs. */
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
  /** How each damaged disc can be mended or replaced. Empty without a catalog. */
  readonly remedies: readonly Remedy[]
  readonly warnings: number
  readonly seconds: number
}
