/** What packing needs of the run it is for. */

import type { Catalog } from '../catalog/working-catalog.ts'
import type { Report } from '../events.ts'
import type { DiscLine, ManifestLine } from '../format/manifest.ts'
import type { ItemSource } from './item-source.ts'
import type { ChunkPaths } from './open-chunk.ts'
import type { SchedulerOptions } from './scheduler.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface PackOptions {
  readonly db: Catalog
  readonly pool: WorkerPool
  readonly itemSource: ItemSource
  readonly backup: number
  readonly encrypted: boolean
  readonly schedule: Omit<SchedulerOptions, 'headBytes' | 'workers'>
  /** Bytes of a disc kept for the records that come last, given how many there are. */
  readonly reserveBytes: (references: number) => number
  /** Lines that every manifest begins with. */
  readonly head: readonly ManifestLine[]
  /** Makes the folder of a disc that gets its first chunk in this run, and its row. */
  readonly beginDisc: (disc: number) => DiscLine
  readonly paths: (disc: number, name: string, chunk: number) => ChunkPaths
  /** The folder whose file system the chunks have to fit on. */
  readonly destination: string
  /** Called before a file counts as gone; throws where the source as a whole is. */
  readonly checkSource: () => void
  readonly report: Report
  /** Once aborted, the chunks in work are sealed with what they hold. */
  readonly signal: AbortSignal | undefined
  /** Once aborted, they are dropped. */
  readonly signalNow: AbortSignal | undefined
}
