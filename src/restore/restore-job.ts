/** What a restore is asked to do, and what it did. */

import type Database from 'better-sqlite3'
import type { Secrets } from '../crypto/secrets.ts'
import type { Report } from '../events.ts'
import type { Metadata } from './metadata.ts'
import type { PlanOptions } from './plan.ts'

export interface RestoreJob extends PlanOptions {
  readonly catalog: Database.Database
  /** Called once it is known what is chosen, and before anything is written. */
  readonly onPlanned: () => void
  readonly hash: 'sha256' | 'sha512'
  /** Absolute; made where it is not there. */
  readonly destination: string
  /** What the source directory itself was, which a destination that is made becomes. */
  readonly root: Metadata | undefined
  /** With an unlocked private key. */
  readonly secrets: Secrets
  readonly overwrite: boolean
  readonly dryRun: boolean
  /** Whether files that do not come out right are kept under names that say so. */
  readonly salvage: boolean
  readonly jobs: number
  /** The folder of a disc, or undefined where it cannot be had; asked once for each disc that is needed and not at hand, in order. */
  readonly locateDisc: (need: DiscNeed) => Promise<string | undefined>
  /** The same for a disc that is at hand: nobody is asked. */
  readonly discAtHand: (disc: number) => string | undefined
  /** The folders of all discs at hand, second copies too. */
  readonly discFolders: () => readonly string[]
  /** Whether reading two files of the folder at a time makes a drive seek. */
  readonly isDrive: (folder: string) => boolean
  /** Equal for folders that the same drive reads: those of others are read side by side with them. */
  readonly driveOf: (folder: string) => string
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

export interface DiscNeed {
  readonly disc: number
  readonly chunks: number
  readonly bytes: number
}

export interface RestoreOutcome {
  readonly files: number
  readonly directories: number
  readonly symlinks: number
  readonly bytes: number
  readonly chunks: number
  readonly discs: readonly number[]
  readonly missing: readonly DiscNeed[]
  /** All; of a dry run in the order in which they would be read. */
  readonly needs: readonly DiscNeed[]
  readonly failed: number
  readonly salvaged: number
  readonly warnings: number
}
