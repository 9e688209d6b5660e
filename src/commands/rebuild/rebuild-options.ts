import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'

export interface RebuildOptions extends Secrets {
  /** Discs, destinations and other folders of discs, or folders of chunks. */
  readonly from: readonly string[]
  /** The file that the catalog becomes: SQLite, in clear also of an encrypted set. */
  readonly catalog: string
  /** Whether a file that is there may be replaced. */
  readonly overwrite?: boolean
  readonly jobs?: number
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RebuildSummary {
  readonly catalog: string
  readonly set: string
  readonly encrypted: boolean
  /** Whether it says all that the set's own catalog did, as far as the chunks found can tell. */
  readonly complete: boolean
  readonly backups: readonly RebuiltBackup[]
  readonly discs: readonly number[]
  readonly chunks: number
  readonly bytes: number
  readonly missingDiscs: readonly { readonly disc: number; readonly label: string | null }[]
  readonly missingChunks: readonly MissingRange[]
  /** Files that are no sound chunk, or not what they are said to be. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[]
  readonly seconds: number
}

export interface RebuiltBackup {
  readonly backup: number
  readonly name: string | null
  /** Milliseconds since 1970; `finished` is null where no chunk says that nothing more was to be stored. */
  readonly started: number
  readonly finished: number | null
  readonly files: number | null
  readonly bytes: number | null
  /** What it may need and was not found. */
  readonly missingChunks: readonly MissingRange[]
}

/** Chunks without a gap between them; `disc` is null where nothing says on which they are. */
export interface MissingRange {
  readonly first: number
  readonly last: number
  readonly disc: number | null
}
