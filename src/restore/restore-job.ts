/** The inputs and the result of a restore. */

import type Database from 'better-sqlite3'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { Report } from '../events.ts'
import type { Metadata } from './metadata.ts'
import type { Disk, DiskContent } from './onto-disk.ts'
import type { PlanOptions } from './plan.ts'

export interface RestoreJob extends PlanOptions {
  readonly catalog: Database.Database
  /** Called when the plan is complete, before anything is written. */
  readonly onPlanned: () => void
  readonly hash: 'sha256' | 'sha512'
  /** Absolute. Made if it does not exist. */
  readonly destination: string
  /** The metadata of the source directory, which a new destination gets. */
  readonly root: Metadata | undefined
  /** With an unlocked private key. */
  readonly secrets: OpenedSecrets
  readonly overwrite: boolean
  readonly dryRun: boolean
  /** Whether damaged files are kept under names that say so. */
  readonly salvage: boolean
  readonly jobs: number
  /**
   * The folder of a disc, or undefined if the disc is missing. Called once, in order, for each needed disc
   * that is not available.
   */
  readonly locateDisc: (need: DiscNeed) => Promise<string | undefined>
  /** The same for an available disc. Never asks the user. */
  readonly discAtHand: (disc: number) => string | undefined
  /** The folders of all available discs, including second copies. */
  readonly discFolders: () => readonly string[]
  /** Whether the folder is in a drive, where reading two files at once is slow. */
  readonly isDrive: (folder: string) => boolean
  /** Equal for folders in the same drive. Different drives are read in parallel. */
  readonly driveOf: (folder: string) => string
  /**
   * Called after planning if the backup is one content in pieces. The disk that it resolves with takes the
   * pieces, and no file is made. undefined: the file is made.
   */
  readonly chooseDisk?: (content: DiskContent) => Promise<Disk | undefined>
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
  readonly damagedDiscs: readonly number[]
  readonly missing: readonly DiscNeed[]
  /** All discs. For a dry run, in reading order. */
  readonly needs: readonly DiscNeed[]
  readonly failed: number
  readonly salvaged: number
  readonly warnings: number
}
