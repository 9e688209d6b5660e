import type { Report } from '../../events.ts'

export interface BackupDeviceOptions {
  /** A whole disk: `/dev/sdb`. */
  readonly device: string
  /** The file to write. Its ending chooses the compression: `.img`, `.img.gz`, `.img.zst`, `.img.xz`. */
  readonly image: string
  /** Of the side-car that `sha256sum -c` or `md5sum -c` takes. Default: `sha256`. */
  readonly hash?: 'sha256' | 'md5' | 'none'
  /**
   * Goes on past unreadable sectors: they become zeros, and this file lists them as ddrescue does. If map and
   * image are there, only the sectors that are missing are read.
   */
  readonly map?: string
  /** Of partitions that partclone knows, reads only the used blocks; the others become zeros. */
  readonly skipUnused?: boolean
  readonly jobs?: number
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface BackupDeviceSummary {
  /** Path of the disk. */
  readonly device: string
  /** Path of the image. */
  readonly image: string
  /** Of the disk. */
  readonly deviceBytes: number
  /** Of the file. */
  readonly imageBytes: number
  /** Of the disk's bytes, in hex. */
  readonly rawSha256: string
  /** Bytes that are zeros because the disk could not be read there. */
  readonly badBytes: number
  /** Partitions whose unused blocks are zeros. */
  readonly skipped: readonly string[]
  readonly seconds: number
}
