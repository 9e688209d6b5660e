/** What the threads of a mount tell each other. */

import type { SharedCatalog } from '../catalog/shared-catalog.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { Pending } from '../fuse/tree.ts'
import type { DateName } from './views.ts'
import type { ContentFacts } from '../stretches/content-facts.ts'

export interface TreeData {
  readonly catalog: SharedCatalog
  /** The newest complete backup, which is `latest`. */
  readonly newest: number
  readonly dates: readonly DateName[]
}

export interface ContentData {
  readonly catalog: SharedCatalog
  readonly hash: 'sha256' | 'sha512'
  /** With an unlocked private key. */
  readonly secrets: OpenedSecrets
  /** The places that the user gave, and the discs found there. */
  readonly from: readonly string[]
  readonly devices: readonly string[]
  readonly discs: ReadonlyMap<number, string>
  readonly folders: readonly string[]
  readonly cacheBytes: number
}

/** From the thread that talks to the kernel to the one that reads contents. */
export type ContentRequest =
  | { readonly type: 'open'; readonly handle: number; readonly file: OpenFile }
  | ReadRequest
  | { readonly type: 'close'; readonly handle: number }

export interface OpenFile {
  readonly path: string
  /** Undefined: each read says where it is. */
  readonly content: ContentFacts | undefined
}

export interface ReadRequest {
  readonly type: 'read'
  readonly handle: number
  readonly offset: number
  readonly bytes: number
  readonly pending: Pending
  readonly content?: ContentFacts
}
