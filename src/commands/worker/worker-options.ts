import type { Report } from '../../events.ts'

interface OnWorker {
  /** The file with the key of the writer's `--worker-key`. */
  readonly workerKey?: string
  /** `A=B`: what the job calls A is B on this host. For the source and for the folder of the result. */
  readonly sourceMap?: readonly string[]
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface PackChunkOptions extends OnWorker {
  /** The file of the job. */
  readonly job: string
  /** Cores for the compression; by default all. */
  readonly jobs?: number
}

export interface WorkerOptions extends OnWorker {
  /** `redis://HOST[:PORT][/DB]`, or `rediss://` with TLS. */
  readonly queue: string
  /** Chunks at a time, each with a core; by default the number of cores. */
  readonly jobs?: number
  /** A worker that is silent for longer loses its job to another one. Default 30 s. */
  readonly lostAfterSeconds?: number
  /** Hears of each chunk that is packed. */
  readonly onChunk?: (chunk: WorkedChunk) => void
}

export interface WorkedChunk {
  readonly chunk: number
  /** Bytes of its files. */
  readonly bytesSource: number
  readonly bytes: number
  readonly seconds: number
}

export interface WorkerSummary {
  readonly chunks: number
  /** Bytes of these chunks. */
  readonly bytes: number
  /** Jobs that this worker gave back, because it could not do them. */
  readonly failed: number
  readonly seconds: number
}

export interface PackChunkSummary {
  readonly chunk: number
  /** Of the chunk's file. */
  readonly sha256: string
  readonly bytes: number
  /** The file that makes the result complete. The next `butcher backup` takes it. */
  readonly manifest: string
  /** The file of the chunk, until then. */
  readonly file: string
  /** Files of the job that are not in the chunk: the next `butcher backup` looks at them again. */
  readonly filesLeftOut: number
  readonly seconds: number
}
