import type { Secrets } from '../../crypto/secrets.ts'
import type { ContentData } from '../../mount/messages.ts'
import type { Report } from '../../events.ts'
import type { StoreUser } from '../../remote/remote-options.ts'

export interface MountOptions extends Secrets, StoreUser {
  /** Destinations, mounted discs, images, drives, folders of discs, or single catalog files. */
  readonly from: readonly string[]
  /** An empty folder. */
  readonly folder: string
  /** A catalog file to use instead of the newest one found in `from`. */
  readonly index?: string
  /** Drives besides `from`. They may be empty; a disc is read as soon as it is in one. */
  readonly devices?: readonly string[]
  readonly allowOther?: boolean
  /** Also shows forgotten backups. */
  readonly forgotten?: boolean
  readonly report?: Report
  /** Unmounts. */
  readonly signal?: AbortSignal
}

/** For the thread that reads contents: it opens a store of its own. */
export interface ContentOfPlaces extends ContentData, StoreUser {}
