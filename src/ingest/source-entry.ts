import type { EntryType } from '../format/manifest.ts'

/** One path of the source, as the walk finds it. */
export interface SourceEntry {
  readonly path: string
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
  /** Bytes; null if it is not a file. */
  readonly size: number | null
  /** Bytes that a file takes on the file system: fewer than its size if it has holes. */
  readonly allocated: number | null
  /** The target of a symlink. For a hard link: the first path in the walk with the same inode. */
  readonly link: string | null
  /** `major,minor` of a device. */
  readonly device: string | null
}

/** A path that could not be read. */
export interface SourceProblem {
  readonly path: string
  readonly message: string
  /** Whether the path's present state is unknown. Then nothing at or below it counts as deleted. */
  readonly isUnread?: boolean
}
