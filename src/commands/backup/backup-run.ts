/** The state of a backup run. */

import type { Report } from '../../events.ts'
import type { Medium } from '../../format/medium.ts'
import type { SetOptions } from '../../format/set-options.ts'
import type { SourceTree } from '../../format/source-tree.ts'
import type { BackupHere } from './backup-options.ts'
import type { Destination, WorkFolders } from '../../set/destination.ts'
import type { GivenOptions } from './kept-options.ts'
import type { KeptSources } from './kept-sources.ts'
import type { OpenSet } from '../../set/open-set.ts'
import type { RawSource } from './raw-source.ts'
import type { Walk } from './source-walk.ts'
import type { WorkingCopy } from '../../remote/working-copy.ts'
import type { UserPatterns } from '../../set/user-patterns.ts'

/** The options of a call, completed with those that the set keeps. */
export type RunOptions = Omit<BackupHere, keyof SetOptions | 'source' | 'as'> &
  SetOptions & {
    /** With absolute paths. */
    readonly source: SourceTree
  }

export interface BackupRun {
  readonly options: RunOptions
  readonly destination: Destination
  readonly set: OpenSet
  readonly medium: Medium
  /** Percent of each disc for parity; null for none. */
  readonly redundancy: number | null
  readonly jobs: number
  readonly backup: number
  readonly report: Report
  readonly walk: Walk
  /** The source is a disk, or the partition of an image. */
  readonly raw: RawSource | undefined
  readonly kept: KeptSources
  /** The kept options as given in the call, and its patterns in the user's spelling. */
  readonly given: GivenOptions
  readonly callPatterns: UserPatterns
  /** Throws `source` if another folder took the place of the source during the run. */
  readonly checkRoot: () => void
  readonly started: number
  /** Absent in a dry run, which writes nothing. */
  readonly folders: WorkFolders | undefined
  /** If the destination is in a store. */
  readonly copy: WorkingCopy | undefined
}
