/** What the restore and its worker threads say to each other. */

import type { Secrets } from '../crypto/secrets.ts'
import type { ErrorCode } from '../errors.ts'
import type { MissedCounts } from './missed-sum.ts'
import type { Placing } from './install-file.ts'
import type { ChunkOutcome, ChunkSource } from './restore-chunk.ts'

/** Given to a worker when it starts. */
export interface WorkerSetup {
  readonly worker: number
  readonly planFile: string
  readonly placing: Placing
  readonly secrets: Secrets
  /** What lbzip2 may take. */
  readonly threads: number
  /** Its first element becomes 1 when everybody is to stop. */
  readonly stop: Int32Array
}

export type Task =
  | { readonly do: 'chunk'; readonly source: ChunkSource }
  /** All parts of the content are in its gathering file. */
  | { readonly do: 'join'; readonly content: number }
  | { readonly do: 'empty'; readonly contents: readonly number[] }

/** What a worker hears beside tasks: it ends the programs it waits for. */
export interface StopMessage {
  readonly do: 'stop'
}

export type FromWorker =
  | { readonly did: 'start' }
  /** Files and bytes restored since the last message of the kind. */
  | { readonly did: 'some'; readonly files: number; readonly bytes: number }
  | { readonly did: 'fail'; readonly paths: readonly { readonly path: string; readonly reason: string }[] }
  /** Files that are restored and did not get all that belongs to them, since the last message of the kind. */
  | { readonly did: 'miss'; readonly missed: MissedCounts }
  | { readonly did: 'task'; readonly outcome: ChunkOutcome }
  | { readonly did: 'break'; readonly error: PlainError }

/** An error as it crosses threads. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly path: string | undefined
  readonly hint: string | undefined
  readonly stack: string | undefined
}
