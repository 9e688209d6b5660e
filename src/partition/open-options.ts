import type { Report } from '../events.ts'

export interface OpenPartitionOptions {
  /** The bytes of unused blocks, in hex, repeated from the beginning of the partition. Default: zeros. */
  readonly fill?: string
  /**
   * Gives an NTFS partition a copy of its boot sector at its end, which images of partclone and partimage
   * lack.
   */
  readonly bootSectorCopy?: boolean
  /** A wrong checksum of header or bitmap becomes a warning. */
  readonly ignoreChecksums?: boolean
  /**
   * The folder for indexes and unpacked data of compressed images. Default: `$XDG_CACHE_HOME/butcher/images`.
   */
  readonly cacheDir?: string
  readonly report?: Report
  readonly signal?: AbortSignal
}
