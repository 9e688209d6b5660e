import type { Remedy } from '../../catalog/remedies.ts'
import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'
import type { WantedDisc } from '../../set/needed-disc.ts'
import type { StoreUser } from '../../remote/remote-options.ts'

export interface RestoreOptions extends Secrets, StoreUser {
  /** Destinations, mounted discs, folders of discs, or single catalog files. */
  readonly from: readonly string[]
  readonly destination: string
  /** A catalog file to use instead of the newest one found in `from`. */
  readonly index?: string
  /**
   * The number of a backup, or a date: the last backup that started at or before it. By default the newest
   * complete one.
   */
  readonly at?: string
  /** `at` may be a forgotten backup. */
  readonly forgotten?: boolean
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly excludeFrom?: readonly string[]
  readonly filter?: string
  readonly overwrite?: boolean
  readonly dryRun?: boolean
  /** Damaged files are written as far as possible, under their name with `.butcher-damaged`. */
  readonly salvage?: boolean
  readonly jobs?: number
  /**
   * Asks for a needed disc that is in none of the sources. Returns its current place, an empty place to check
   * the watched ones, or undefined to continue without it. `found` aborts if the disc appeared meanwhile:
   * then the answer is ignored. `again`: the last answer was wrong. If absent, butcher restores all it can,
   * and names the missing discs.
   */
  readonly requestDisc?: (disc: WantedDisc, found: AbortSignal, again: boolean) => Promise<string | undefined>
  /** Drives besides `from`, also watched while a disc is requested. They may be empty. */
  readonly devices?: readonly string[]
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface PlannedDisc extends WantedDisc {
  /** The place where it was found. null if it is missing. */
  readonly place: string | null
}

export interface RestoreSummary {
  readonly backup: number
  /** Files restored and checked, including those that were already there with the same content. */
  readonly files: number
  /** Number of directories. */
  readonly directories: number
  /** Number of symlinks. */
  readonly symlinks: number
  readonly bytes: number
  readonly chunks: number
  readonly discs: readonly number[]
  /** How each damaged disc can be mended or replaced. */
  readonly remedies: readonly Remedy[]
  /** Needed discs that were not found. */
  readonly missingDiscs: readonly WantedDisc[]
  /** The needed discs. A dry run has them in reading order. */
  readonly plan: readonly PlannedDisc[]
  /** Chunks that the rebuilt catalog lacks and that can belong to this backup. */
  readonly unknownChunks: string | null
  /** Files that were not restored. A warning names each. */
  readonly failed: number
  /** Number of these files that `--salvage` wrote as `NAME.butcher-damaged`. */
  readonly salvaged: number
  readonly warnings: number
  readonly seconds: number
  readonly dryRun: boolean
}
