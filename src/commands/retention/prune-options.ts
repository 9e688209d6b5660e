/** The options and the result of `prune`. */

import type { StoreUser } from '../../remote/remote-options.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface PruneOptions extends ChangeSetOptions, StoreUser {
  /** Changes nothing. */
  readonly dryRun?: boolean
}

export interface PruneSummary {
  /** Forgotten backups that are gone for good now. */
  readonly backups: readonly number[]
  /** Chunks that were removed: no backup needs them, or their files are in new chunks now. */
  readonly chunksDropped: readonly number[]
  /** Those of them whose needed files are in new chunks now. */
  readonly chunksRewritten: readonly number[]
  /** Bytes of the new chunks of these files. With a dry run an estimate. */
  readonly bytesRewritten: number
  /** Bytes of the removed chunks, less those of the new ones. With a dry run an estimate. */
  readonly bytesFreed: number
  /** Bytes of all chunks of the set. */
  readonly bytesStored: number
  /** Why nothing was done; null if something was. */
  readonly reason: string | null
  readonly dryRun: boolean
  readonly seconds: number
}
