import type { EntryType } from '../format/manifest.ts'

/** One path of the source as the walk finds it. */
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
  /** Bytes; null of what is no file. */
  readonly size: number | null
  /** Bytes of the file system that a file takes: less than its size where it has holes. */
  readonly allocated: number | null
  /** Where a symlink points; the path, first in the walk, whose inode a hard link is another name of. */
  readonly link: string | null
  /** `major,minor` of a device. */
  readonly device: string | null
}

/** A path that could not be read. */
export interface SourceProblem {
  readonly path: string
  readonly message: string
  /** Whether it is not known what is there, so that nothing at the path or below it can be said to be gone. */
  readonly isUnread?: boolean
}
