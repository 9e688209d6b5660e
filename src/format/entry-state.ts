/** The state of a path at one time, in the source or in a backup. */

import type { EntryType } from './manifest.ts'

/** A file with the same values is unchanged. Times are nanoseconds since 1970. */
export interface FileState {
  readonly path: string
  /** Bytes; null if it is not a file. */
  readonly size: number | null
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
}

export interface EntryState extends FileState {
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** The target of a symlink. For a hard link: the first path in the walk with the same inode. */
  readonly link: string | null
  /** `major,minor` of a device. */
  readonly device: string | null
}
