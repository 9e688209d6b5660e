/** The messages between a slot of a worker and its thread. */

import type { PackedChunk } from '../../pack/packed-chunk.ts'
import type { PathPair } from '../../pack/source-map.ts'
import type { PlainError } from '../../threads/plain-error.ts'

/** A job for the thread. */
export interface JobOrder {
  readonly file: string
  readonly key: Uint8Array | undefined
  readonly pairs: readonly PathPair[]
  readonly attempt: string
  /** Not 0: nobody wants the job any more. */
  readonly stop: Int32Array
}

export type JobAnswer =
  | {
      /** Undefined if nobody wanted the job any more. */
      readonly packed: Omit<PackedChunk, 'record'> | undefined
      /** Warnings about files of the job. */
      readonly told: readonly { readonly path: string; readonly message: string }[]
    }
  | { readonly error: PlainError }
