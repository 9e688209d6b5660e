/** The result of reading a disc, file by file. */

import type { BadRange } from '../media/disc-reader.ts'

export type FileStatus =
  | 'sound'
  | 'damaged'
  | 'truncated'
  | 'empty'
  | 'missing'
  /** Some or all of it is unreadable. */
  | 'unreadable'
  /** A chunk under the name of another one, or whose own name is missing. */
  | 'misplaced'
  /** A chunk of another set, or some other file, under a chunk's name. */
  | 'foreign'
  /** It does not belong to this disc. */
  | 'surplus'
  /** There is nothing to compare it with. */
  | 'unchecked'

export interface Finding {
  /** The folder, image or drive of the disc. */
  readonly place: string
  readonly disc: number | undefined
  /** Relative to the disc. */
  readonly name: string
  readonly status: FileStatus
  /** The size on the disc. */
  readonly bytes: number
  /** The catalog's chunk with this name on this disc. */
  readonly chunk: number | undefined
  /** The problem; empty if the file is sound. */
  readonly message: string
  /** The unreadable ranges. */
  readonly bad: readonly BadRange[]
}

const harmless: ReadonlySet<FileStatus> = new Set(['sound', 'surplus', 'unchecked'])

/** Whether such a file means that the disc has changed. */
export const isDamage = (status: FileStatus): boolean => !harmless.has(status)
