/** A place that a partition is written to. */

import type { ButcherError } from '../../errors.ts'

export interface RestoreTarget {
  readonly kind: 'file' | 'device' | 'stream'
  write(offset: number, bytes: Uint8Array): void | Promise<void>
  /** Makes the data durable; a file gets its name. Resolves with whether it was read back and compared. */
  finish(): Promise<boolean>
  /** After a failure. A file is removed. Completes the error. */
  drop(error: ButcherError): ButcherError | Promise<ButcherError>
}

/** The sizes of the partition. */
export interface Needed {
  readonly deviceBytes: number
  /** Bytes that a file gets. */
  readonly writtenBytes: number
}
