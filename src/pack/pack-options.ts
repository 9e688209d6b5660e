/** The inputs of packing. */

import type { Catalog } from '../catalog/working-catalog.ts'
import type { Report } from '../events.ts'
import type { DiscLine, ManifestLine } from '../format/manifest.ts'
import type { Gate } from './gate.ts'
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
  /** Bytes to reserve on a disc for the last records, given their number. */
  readonly reserveBytes: (references: number) => number
  /** Lines that every manifest begins with. */
  readonly head: readonly ManifestLine[]
  /** Makes the folder and the row of a disc that gets its first chunk in this run. */
  readonly beginDisc: (disc: number) => DiscLine
  readonly paths: (disc: number, name: string, chunk: number) => ChunkPaths
  /** The folder whose file system takes the chunks. */
  readonly destination: string
  /** Undefined: the file system is the only bound. */
  readonly gate?: Gate | undefined
  /** Called before a file counts as gone. Throws if the whole source is gone. */
  readonly checkSource: () => void
  readonly report: Report
  /** When aborted, the current chunks are sealed with their present content. */
  readonly signal: AbortSignal | undefined
  /** After `signal`, the longest silence of a worker before its chunk is dropped. Default 90 s. */
  readonly sealPatienceMs?: number
  /** When aborted, the current chunks are dropped. */
  readonly signalNow: AbortSignal | undefined
}
