import type { Report } from '../../events.ts'
import type { Secrets } from '../../crypto/secrets.ts'
import type { Compression } from '../../format/layout.ts'
import type { SetOptions } from '../../format/set-options.ts'

export interface BackupOptions extends Secrets {
  readonly source: string
  readonly destination: string
  /** The previous catalog (a file, plain or as it is on a disc); default the one in the destination. */
  readonly index?: string
  readonly name?: string
  /**
   * A medium's name or a size, default `bd25`. The set keeps this option, and each one below up to `indexPage` except `hash`:
   * where it is undefined, the value of the set's last backup counts.
   */
  readonly medium?: string
  /** Source bytes a chunk gathers, default 10^9. */
  readonly chunkSizeBytes?: number
  /** Stage at most so many discs in this run. */
  readonly maxDiscs?: number
  /** Discs that an earlier run left in the destination count as well for `maxDiscs`. */
  readonly countStaged?: boolean
  /** Percent of each disc that is parity, 0 for none. */
  readonly redundancy?: number
  readonly compress?: 'auto' | Compression
  readonly hash?: 'sha256' | 'sha512'
  /** gitignore-style patterns; with any `include`, only files that match one are taken. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Files of patterns, one a line. */
  readonly excludeFrom?: readonly string[]
  /** A regular expression that a path (relative to the source) must match for a file to be taken. */
  readonly filter?: string
  /** Folders of other file systems than the source's are recorded, but not entered. */
  readonly oneFileSystem?: boolean
  /** False: no index.html on discs. An encrypted set has none in any case. */
  readonly indexPage?: boolean
  /** Start from the built-in defaults instead of the options that the set keeps. */
  readonly resetOptions?: boolean
  readonly full?: boolean
  /** Discs that are lost: what only they hold is stored again, as far as the source has it. */
  readonly replaceDiscs?: readonly number[]
  /** Begin another disc: one with room left from an earlier backup is sealed. */
  readonly newDisc?: boolean
  readonly dryRun?: boolean
  /** Worker threads, default the number of cores. */
  readonly jobs?: number
  readonly report?: Report
  /**
   * Stops the run, which rejects with `aborted`. While chunks are packed, each is sealed behind the file that it is at, so
   * that the same call resumes there.
   */
  readonly signal?: AbortSignal
  /** Stops the run at once: the chunks in work are dropped, and the same call stores again what they held. */
  readonly signalNow?: AbortSignal
}

/** What a backup did: all its runs, where earlier ones were stopped. */
export interface BackupSummary {
  readonly backup: number
  /** The options that it used, of those that the set keeps. */
  readonly options: SetOptions
  /** How the set is encrypted, which no later backup changes. */
  readonly encryption: 'none' | 'passphrase' | 'recipients' | 'both'
  /** False where `maxDiscs` ended the run before everything was stored. */
  readonly complete: boolean
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnchanged: number
  readonly filesDeleted: number
  /** New and changed files whose content was stored already, under this path or another. */
  readonly filesDeduplicated: number
  readonly bytesDeduplicated: number
  /** Bytes of the new and changed files. */
  readonly bytesSource: number
  /** Bytes of the chunks written. */
  readonly bytesStored: number
  readonly chunks: number
  /** Numbers of the discs that chunks were written to. */
  readonly discs: readonly number[]
  /** How full those of them are that are in the destination. */
  readonly fill: readonly DiscFill[]
  /** What of this earlier runs of the same backup stored, which were stopped. */
  readonly storedBefore: {
    readonly files: number
    readonly bytesSource: number
    readonly bytesStored: number
    readonly chunks: number
  }
  /** Discs in the destination that take no more, and have no good copy. */
  readonly discsToBurn: readonly number[]
  /** The disc in the destination that the next backup goes on with. */
  readonly discOpen: number | null
  readonly warnings: number
  /** Warnings about source files: exit status 3. */
  readonly sourceWarnings: number
  /** With `replaceDiscs`: versions of paths that are lost, for the source does not have them any more. */
  readonly filesLost?: number
  readonly bytesLost?: number
  readonly seconds: number
  readonly dryRun: boolean
  /** With `dryRun`: how many discs it would take, and how that was estimated. */
  readonly estimate?: { readonly discs: number; readonly bytesStored: number; readonly method: string }
}

export interface DiscFill {
  readonly disc: number
  readonly label: string
  readonly medium: string
  readonly usedBytes: number
  /** null without limit. */
  readonly capacityBytes: number | null
  readonly state: string
}
