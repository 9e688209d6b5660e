/** The lines of `--json` of runs and secrets. */

import type { BackupSummary } from '../../commands/backup/backup-options.ts'
import type { RunState } from '../../jobs/run-states.ts'

export interface RunObject {
  /** Number of the run. */
  readonly run: number
  /** Name of the job. */
  readonly job: string
  /** Started by hand, or by the schedule. */
  readonly trigger: 'manual' | 'schedule'
  /** The time for which it was scheduled. */
  readonly due: string | null
  /** How many scheduled times before it passed without a run. */
  readonly missed: number
  readonly started: string
  readonly finished: string | null
  /** `queued`, `running`, or the end of the run. */
  readonly state: RunState
  /** Why it ended so; empty for a good run. */
  readonly reason: string
  /** The step in work, or the last one. */
  readonly step: string
  /** The place of the set. */
  readonly destination: string
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
