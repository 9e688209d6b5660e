/** The sizes and limits that the backlog plans with. */

import { type ChunkBound, payloadWithin } from './chunk-bound.ts'
import type { Planned } from './planned.ts'

export interface BacklogOptions {
  /** Source bytes that one chunk gathers. */
  readonly chunkBytes: number
  readonly workers: number
  readonly bound: ChunkBound
  /** The first lines of each chunk's manifest. */
  readonly headBytes: number
  /** Bytes that a chunk takes on a disc besides its own sectors. */
  readonly chunkExtraBytes: number
  /** Bytes for chunks on a new disc. */
  readonly emptyRoomBytes: number
}

/** The largest part of a split file. A file larger than this is split. */
export function partMostBytes(
  { bound, chunkBytes, emptyRoomBytes, headBytes, chunkExtraBytes }: BacklogOptions,
  { compression, headerBytes, manifestBytes }: Planned<unknown>,
): number {
  if (emptyRoomBytes === Infinity) return chunkBytes
  const lines = Math.max(16_384, 2 * manifestBytes + 1024)
  const fill = { stored: 0, tar: Math.max(8192, headerBytes + 2048), manifest: headBytes + lines }
  return Math.min(chunkBytes, payloadWithin(bound, compression, fill, emptyRoomBytes - chunkExtraBytes))
}
