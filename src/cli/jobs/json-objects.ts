/** The lines of `--json` of runs and secrets. */

import type { BackupSummary } from '../../commands/backup/backup-options.ts'
import type { RunFacts } from '../../jobs/run-database.ts'

export interface RunObject extends RunFacts {
  /** The summary of the backup, as `butcher backup --json` prints it. */
  readonly summary: BackupSummary | null
}

export interface SecretObject {
  /** Name of the secret. */
  readonly name: string
}

export interface ImportSummary {
  readonly items: readonly string[]
  /** Names of the vaults. */
  readonly vaults: readonly string[]
  /** Names of the stores. */
  readonly stores: readonly string[]
  /** Ids of the schedules. */
  readonly schedules: readonly string[]
  /** Names of the jobs. */
  readonly jobs: readonly string[]
  /** Names of the secrets. */
  readonly secrets: readonly string[]
  /** Sentences about names and patterns that changed. */
  readonly remarks: readonly string[]
  readonly dry_run: boolean
}

export interface SettingsObject {
  /** How many jobs may run at the same time. */
  readonly runs_at_once: number
}
