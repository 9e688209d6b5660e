/** The lines of `--json` about whole backups. */

import type { RebuildSummary, RebuiltBackup } from '../commands/rebuild/rebuild-options.ts'
import type { ForgetSummary } from '../commands/retention/forget-options.ts'
import type { PruneSummary } from '../commands/retention/prune-options.ts'

export interface BackupObject {
  readonly backup: number
  readonly name: string | null
  readonly started: string
  /** null if the backup is not complete. */
  readonly finished: string | null
  readonly complete: boolean
  /** null if the backup is not complete. */
  readonly files: number | null
  readonly bytes: number | null
  /** Chunks that this backup added. */
  readonly chunks: number
  /** Bytes of these chunks. */
  readonly bytes_stored: number
  /** The discs of these chunks. */
  readonly discs: readonly number[]
  /** Source paths that could not be read, or changed while they were read. */
  readonly problems: number
  /** Time when it was forgotten. null if it was not; others are listed only with `--forgotten`. */
  readonly forgotten: string | null
  /** Whether it is pinned: no rule forgets it. */
  readonly pinned: boolean
}

export interface JudgedObject {
  readonly backup: number
  readonly name: string | null
  readonly started: string
  /** null if the backup is not complete. */
  readonly files: number | null
  /** null if the backup is not complete. */
  readonly bytes: number | null
  /** Whether it stays. */
  readonly keep: boolean
  /** Why it stays, e.g. `last`, `daily` or `pinned`. */
  readonly reasons: readonly string[]
}

export interface ForgetSummaryObject extends Omit<ForgetSummary, 'backups'> {
  /** The summary of the prune, with `--prune`. */
  readonly prune?: PruneSummary
}

export interface RebuildSummaryObject extends Omit<RebuildSummary, 'backups'> {
  readonly backups: readonly RebuiltBackupObject[]
}

interface RebuiltBackupObject extends Omit<RebuiltBackup, 'started' | 'finished'> {
  readonly started: string
  /** null if the backup is not complete. */
  readonly finished: string | null
}
