/** The options of `follow`, and its result. */

import type { BackupOptions, BackupSummary } from '../backup/backup-options.ts'
import type { BurnOptions, BurnSummary } from './burn-options.ts'

export interface FollowOptions {
  readonly backup: Omit<BackupOptions, 'maxDiscs' | 'countStaged' | 'dryRun'>
  readonly burn: Omit<BurnOptions, 'discs' | 'removeStaged'>
  /** Gets the summary of each round's backup. */
  readonly onBackup?: (summary: BackupSummary) => void
}

export interface FollowSummary extends BurnSummary {
  /** Number of the backup, which is complete now. */
  readonly backup: number
  /** Source paths that the last round could not back up correctly. */
  readonly sourceWarnings: number
}
