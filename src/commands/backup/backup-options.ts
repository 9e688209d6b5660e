import type { Report } from '../../events.ts'
import type { Secrets } from '../../crypto/secrets.ts'
import type { Compression } from '../../format/layout.ts'
import type { StoreUser } from '../../remote/remote-options.ts'
import type { Uploaded } from '../../remote/uploads.ts'
import type { SetOptions } from '../../format/set-options.ts'

export interface BackupOptions extends Secrets, StoreUser {
  /**
   * A folder, a disk or an image: paths are relative to it. Several sources, folders and files: each path
   * begins with the name of its source, the last part of the source's path.
   */
  readonly source: string | readonly string[]
  /** The names of the sources instead, one for each. A single source with a name is stored below it. */
  readonly as?: readonly string[]
  readonly destination: string
  /** The previous catalog (a file, plain or in the form of a disc); by default the one in the destination. */
  readonly index?: string
  readonly name?: string
  /**
   * The name of a medium, or a size; default `bd25`. The set keeps this option, and each one below up to
   * `piecesFromBytes` except `hash`. If one is undefined, the value of the set's last backup applies.
   */
  readonly medium?: string
  /** Source bytes per chunk, default 10^9. */
  readonly chunkSizeBytes?: number
  /** Stage at most this many discs in this run. */
  readonly maxDiscs?: number
  /** `maxDiscs` also counts discs that an earlier run left in the destination. */
  readonly countStaged?: boolean
  /** Percent of each disc for parity; 0 for none. */
  readonly redundancy?: number
  readonly compress?: 'auto' | Compression
  readonly hash?: 'sha256' | 'sha512'
  /** gitignore-style patterns; if there are any, only matching files are included. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Files with patterns, one per line. */
  readonly excludeFrom?: readonly string[]
  /** A regular expression that the path of a file (relative to the source) must match. */
  readonly filter?: string
  /** Folders on other file systems than the source's are recorded, but their content is not. */
  readonly oneFileSystem?: boolean
  /** False: no index.html on discs. An encrypted set never has one. */
  readonly indexPage?: boolean
  /**
   * Files from this size on are stored in pieces of 1 MiB, so a later backup stores only the pieces that
   * changed. 0: no file. A file of at most 1 MiB is one piece.
   */
  readonly piecesFromBytes?: number
  /**
   * The source is an image of partclone, partimage or ntfsclone: the partition that it holds is stored in
   * pieces, as one file. A source that is a disk is stored in the same way.
   */
  readonly asPartition?: boolean
  /** Start from the built-in defaults instead of the options that the set keeps. */
  readonly resetOptions?: boolean
  readonly full?: boolean
  /** Lost discs: content that only they hold is stored again, if the source still has it. */
  readonly replaceDiscs?: readonly number[]
  /** Begin a new disc: a disc from an earlier backup is sealed, even if it has room left. */
  readonly newDisc?: boolean
  readonly dryRun?: boolean
  /** Pack nothing, and write jobs for other hosts to this new folder. The next call takes their answers. */
  readonly planJobs?: string
  /** Workers pack the files: `redis://HOST[:PORT][/DB]`, or `rediss://` with TLS. */
  readonly queue?: string
  /** A file with a key that this host and the workers share. It seals the jobs of an encrypted set. */
  readonly workerKey?: string
  /** `A=B`: the workers see the path A of this host as B. */
  readonly sourceMap?: readonly string[]
  /** Worker threads; by default the number of cores. */
  readonly jobs?: number
  readonly report?: Report
  /**
   * Stops the run, which rejects with `aborted`. While chunks are packed, each is sealed after its current
   * file, so the same call resumes there.
   */
  readonly signal?: AbortSignal
  /** Stops the run at once: unfinished chunks are dropped, and the same call stores their content again. */
  readonly signalNow?: AbortSignal
}

/** For a run. `inStore`: the destination is the local folder of a set in a store. */
export interface BackupHere extends BackupOptions {
  readonly inStore: boolean
}

/** The results of a backup: of all its runs, if earlier ones were stopped. */
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
  /** Files of sources that could not be read: they stay as in the previous backup. */
  readonly filesKept: number
  /** New and changed files whose content was already stored, e.g. under another path. */
  readonly filesDeduplicated: number
  /** Changed files among these. */
  readonly filesChangedDeduplicated: number
  /** Bytes of the deduplicated files. */
  readonly bytesDeduplicated: number
  /** Bytes of the new and changed files. */
  readonly bytesSource: number
  /** Bytes of the chunks that were written. */
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
  /** Of a set in a store: the uploads of this run, and how they were proven. */
  readonly uploaded?: Uploaded
  /** With `planJobs`. */
  readonly planned?: PlannedJobs
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

export interface PlannedJobs {
  /** The folder of the jobs. */
  readonly folder: string
  /** Their number. */
  readonly jobs: number
  /** Bytes of the files in the jobs. */
  readonly bytesSource: number
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
