import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'
import type { StoreUser } from '../../remote/remote-options.ts'

export interface RebuildOptions extends Secrets, StoreUser {
  /** Discs, destinations and other folders of discs, or folders of chunks. */
  readonly from: readonly string[]
  /** The file for the catalog: SQLite, unencrypted even for an encrypted set. */
  readonly catalog: string
  /** Whether an existing file may be replaced. */
  readonly overwrite?: boolean
  readonly jobs?: number
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RebuildSummary {
  /** The file written. */
  readonly catalog: string
  /** Id of the set. */
  readonly set: string
  /** Whether the set is encrypted. */
  readonly encrypted: boolean
  /** Whether the catalog has everything that the lost one had, as far as the chunks show. */
  readonly complete: boolean
  readonly backups: readonly RebuiltBackup[]
  readonly discs: readonly number[]
  readonly chunks: number
  readonly bytes: number
  /** Discs that were not found. */
  readonly missingDiscs: readonly { readonly disc: number; readonly label: string | null }[]
  /** Chunks that were not found. */
  readonly missingChunks: readonly MissingRange[]
  /** Files that are damaged, or differ from their description. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[]
  readonly seconds: number
}

export interface RebuiltBackup {
  readonly backup: number
  readonly name: string | null
  /** Milliseconds since 1970. `finished` is null if no chunk shows that the backup was complete. */
  readonly started: number
  readonly finished: number | null
  readonly files: number | null
  readonly bytes: number | null
  /** Chunks that this backup can need and that were not found. */
  readonly missingChunks: readonly MissingRange[]
}

/** Chunks without a gap between them. */
export interface MissingRange {
  /** Number of the first chunk. */
  readonly first: number
  /** Number of the last chunk. */
  readonly last: number
  /** Number of their disc. null if unknown. */
  readonly disc: number | null
}
