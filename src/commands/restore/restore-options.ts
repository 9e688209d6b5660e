import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'
import type { WantedDisc } from '../../set/needed-disc.ts'

export interface RestoreOptions extends Secrets {
  /** Destinations of backup, mounted discs, folders of discs, or bare catalog files. */
  readonly from: readonly string[]
  readonly destination: string
  /** A catalog file to go by instead of the newest found in `from`. */
  readonly index?: string
  /** A backup's number, or a date: the newest backup started at or before it. Default the newest complete one. */
  readonly at?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly excludeFrom?: readonly string[]
  readonly filter?: string
  readonly overwrite?: boolean
  readonly dryRun?: boolean
  /** What is damaged is written as far as it goes, under its name and `.butcher-damaged`. */
  readonly salvage?: boolean
  readonly jobs?: number
  /**
   * Asked where a needed disc is in none of the sources; answers with a place where it is now, an empty one to look at
   * those that are watched, or undefined to go on without it. `found` aborts when it was seen meanwhile: the answer
   * counts no more. `again` where an answer was not right. Absent: restore what can be, and name the discs.
   */
  readonly requestDisc?: (disc: WantedDisc, found: AbortSignal, again: boolean) => Promise<string | undefined>
  /** Drives, besides `from`: looked into while a disc is asked for, as `from` is. They may be empty. */
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
