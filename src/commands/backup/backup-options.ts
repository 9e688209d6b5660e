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
  /** The options of this backup that the set keeps for the next one. */
  readonly options: SetOptions
  /** How the set is encrypted. No later backup can change it. */
  readonly encryption: 'none' | 'passphrase' | 'recipients' | 'both'
  /** False if `maxDiscs` ended the run before everything was stored. */
  readonly complete: boolean
  /** Files that the previous backup does not have. */
  readonly filesNew: number
  /** Files with other content than in the previous backup. */
  readonly filesChanged: number
  /** Files with the same content as in the previous backup. */
  readonly filesUnchanged: number
  /** Files of the previous backup that the source no longer has. */
  readonly filesDeleted: number
  /** New and changed files whose content was already stored, e.g. under another path. */
  readonly filesDeduplicated: number
  /** Changed files among these. */
  readonly filesChangedDeduplicated: number
  /** Bytes of the deduplicated files. */
  readonly bytesDeduplicated: number
  /** Bytes of the new and changed files. */
  readonly bytesSource: number
  /** Bytes of the chunks written. */
  readonly bytesStored: number
  readonly chunks: number
  /** Numbers of the discs that received chunks. */
  readonly discs: readonly number[]
  /** The fill of these discs, as far as they are in the destination. */
  readonly fill: readonly DiscFill[]
  /** The part of these numbers that earlier, stopped runs of this backup stored. */
  readonly storedBefore: {
    readonly files: number
    /** Bytes of these files. */
    readonly bytesSource: number
    readonly bytesStored: number
    readonly chunks: number
  }
  /** Sealed discs in the destination without a good copy. */
  readonly discsToBurn: readonly number[]
  /** The disc in the destination that the next backup continues. null if there is none. */
  readonly discOpen: number | null
  readonly warnings: number
  /** Warnings about source files. If there are any, the exit status is 3. */
  readonly sourceWarnings: number
  /** With `replaceDiscs`: versions of files that are lost, because the source no longer has them. */
  readonly filesLost?: number
  readonly bytesLost?: number
  readonly seconds: number
  readonly dryRun: boolean
  /** With `dryRun`: the estimated size. */
  readonly estimate?: {
    /** Number of discs. */
    readonly discs: number
    readonly bytesStored: number
    /** The method of the estimate. */
    readonly method: string
  }
}

export interface DiscFill {
  readonly disc: number
  readonly label: string
  readonly medium: string
  /** Bytes in use. */
  readonly usedBytes: number
  /** Bytes that the medium holds. null without a limit. */
  readonly capacityBytes: number | null
  readonly state: string
}
