/** The messages between the restore and its worker threads. */

import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { PlainError } from '../threads/plain-error.ts'
import type { MissedCounts } from './missed-sum.ts'
import type { Placing } from './install-file.ts'
import type { ChunkOutcome, ChunkSource } from './chunk-reading.ts'

/** A worker gets this when it starts. */
export interface WorkerSetup {
  readonly worker: number
  readonly planFile: string
  readonly placing: Placing
  readonly secrets: OpenedSecrets
  /** The threads that lbzip2 may use. */
  readonly threads: number
  /** The first element becomes 1 to stop all workers. */
  readonly stop: Int32Array
}

export type Task =
  | { readonly do: 'chunk'; readonly source: ChunkSource }
  /** All parts of the content are in its gathering file. */
  | { readonly do: 'join'; readonly content: number }
  | { readonly do: 'empty'; readonly contents: readonly number[] }

/** Sent while a task runs: the worker ends the programs that it waits for. */
export interface StopMessage {
  readonly do: 'stop'
}

export type FromWorker =
  | { readonly did: 'start' }
  /** Files and bytes restored since the last such message. */
  | { readonly did: 'some'; readonly files: number; readonly bytes: number }
  | { readonly did: 'fail'; readonly paths: readonly { readonly path: string; readonly reason: string }[] }
  /** Restored files that did not get all their metadata, since the last such message. */
  | { readonly did: 'miss'; readonly missed: MissedCounts }
  | { readonly did: 'task'; readonly outcome: ChunkOutcome }
  | { readonly did: 'break'; readonly error: PlainError }
