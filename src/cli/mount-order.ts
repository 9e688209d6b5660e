/** The order of a command to the program that serves its mount, and the answer. */

import type { ButcherEvent } from '../events.ts'
import type { PlainError } from '../threads/plain-error.ts'

export interface PlainProgram {
  /** The address of the module. */
  readonly program: string
  readonly data: unknown
}

export interface MountOrder {
  readonly folder: string
  readonly source: string
  readonly allowOther: boolean
  readonly tree: PlainProgram
  readonly content: readonly PlainProgram[]
}

export type FromMountServer =
  | { readonly type: 'event'; readonly event: ButcherEvent }
  /** `memoryBytes`: of the process, now. */
  | {
      readonly type: 'mounted'
      readonly folder: string
      readonly about: unknown
      readonly memoryBytes: number
    }
  | { readonly type: 'failed'; readonly error: PlainError }
