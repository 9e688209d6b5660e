import type { Secrets } from '../../crypto/secrets.ts'
import type { Report } from '../../events.ts'

export interface MountOptions extends Secrets {
  /** Destinations, mounted discs, images, drives, folders of discs, or single catalog files. */
  readonly from: readonly string[]
  /** An empty folder. */
  readonly folder: string
  /** A catalog file to use instead of the newest one found in `from`. */
  readonly index?: string
  /** Drives besides `from`. They may be empty; a disc is read as soon as it is in one. */
  readonly devices?: readonly string[]
  readonly allowOther?: boolean
  readonly report?: Report
  /** Unmounts. */
  readonly signal?: AbortSignal
}
