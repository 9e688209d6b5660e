/** The messages between the main thread and the thread that talks to the kernel. */

import type { MessagePort } from 'node:worker_threads'
import type { ButcherEvent } from '../events.ts'
import type { PlainError } from '../threads/plain-error.ts'

export interface LoopSetup {
  /** The address of the module, and what `createTree` gets. */
  readonly tree: { readonly program: string; readonly data: unknown }
  readonly contentPorts: readonly MessagePort[]
}

/** The file system is mounted on this descriptor, or soon will be. A second message says: it will not be. */
export interface ToLoop {
  readonly descriptor: number
}

export type FromLoop =
  | { readonly type: 'event'; readonly event: ButcherEvent }
  | { readonly type: 'content-wanted' }
  /** `about`: as in `FuseTree`. */
  | { readonly type: 'opened'; readonly about: unknown }
  | { readonly type: 'unmounted' }
  | { readonly type: 'failed'; readonly error: PlainError }
