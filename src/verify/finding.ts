/** What a disc that is read through turns out to be, file by file. */

import type { BadRange } from '../media/disc-reader.ts'

export type FileStatus =
  | 'sound'
  | 'damaged'
  | 'truncated'
  | 'empty'
  | 'missing'
  /** Some of it, or all, cannot be read. */
  | 'unreadable'
  /** A chunk under the name of another, or whose own name is not there. */
  | 'misplaced'
  /** In a chunk's place, a chunk of another set or some other file. */
  | 'foreign'
  /** It belongs to nothing on this disc. */
  | 'surplus'
  /** There is nothing to compare it with. */
  | 'unchecked'

export interface Finding {
  /** The disc's folder, or what else it was read from. */
  readonly place: string
  readonly disc: number | undefined
  /** Relative to the disc. */
  readonly name: string
  readonly status: FileStatus
  /** As it is on the disc. */
  readonly bytes: number
  /** The chunk that the catalog has under this name on this disc. */
  readonly chunk: number | undefined
  /** What is wrong, or odd; empty of what is sound. */
  readonly message: string
  /** What cannot be read. */
  readonly bad: readonly BadRange[]
}

const harmless: ReadonlySet<FileStatus> = new Set(['sound', 'surplus', 'unchecked'])

/** Whether a disc with such a file is not as it was made. */
export const isDamage = (status: FileStatus): boolean => !harmless.has(status)
