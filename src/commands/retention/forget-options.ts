/** The options and results of `forget`, `pin` and `unpin`. */

import type { Reason } from '../../retention/choose-backups.ts'
import type { StoreUser } from '../../remote/remote-options.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface ForgetOptions extends ChangeSetOptions, StoreUser, KeepRules {
  /** The numbers of backups to forget, whatever the rules say. */
  readonly backups?: readonly number[]
  /** The numbers of forgotten backups to take back. */
  readonly undo?: readonly number[]
  /**
   * Applies the rules even if the newest backup is not finished, is partial, or has less than half of the
   * files.
   */
  readonly force?: boolean
  /** Changes nothing. */
  readonly dryRun?: boolean
}

/** The backups to keep: numbers of hours, days, and so on that have a backup. */
export interface KeepRules {
  readonly keepLast?: number
  readonly keepHourly?: number
  readonly keepDaily?: number
  readonly keepWeekly?: number
  readonly keepMonthly?: number
  readonly keepYearly?: number
  /** A span before the newest complete backup: `7d`, `3m`, `1y6m`. */
  readonly keepWithin?: string
  /** The time zone of the calendar; by default the one of this machine. */
  readonly zone?: string
}

/** A backup, and why it stays. */
export interface JudgedBackup {
  readonly backup: number
  readonly name: string | null
  /** Milliseconds since 1970. */
  readonly started: number
  readonly files: number | null
  readonly bytes: number | null
  /** Empty: it is forgotten. */
  readonly reasons: readonly Reason[]
}

export interface ForgetSummary {
  /** The backups that were there before, oldest first. */
  readonly backups: readonly JudgedBackup[]
  /** Numbers of the backups that stay. */
  readonly kept: readonly number[]
  /** Backups that were forgotten now, or with a dry run would be. */
  readonly forgotten: readonly number[]
  /** Backups that were taken back. */
  readonly undone: readonly number[]
  /** Why the rules were not applied; null if they were. */
  readonly held: string | null
  readonly dryRun: boolean
}

export interface PinOptions extends ChangeSetOptions, StoreUser {
  readonly backups: readonly number[]
}

export interface PinSummary {
  /** All pinned backups of the set. */
  readonly pinned: readonly number[]
}
