/** What the backlog goes by. */

import { type ChunkBound, payloadWithin } from './chunk-bound.ts'
import type { Planned } from './planned.ts'

export interface BacklogOptions {
  /** Source bytes a chunk gathers. */
  readonly chunkBytes: number
  readonly workers: number
  readonly bound: ChunkBound
  /** What each chunk's manifest begins with. */
  readonly headBytes: number
  /** What a chunk takes of a disc besides its own sectors. */
  readonly chunkExtraBytes: number
  /** Room for chunks on a new disc. */
  readonly emptyRoomBytes: number
}

/** What a file larger than this becomes: parts of at most so many bytes. */
export function partMostBytes(
  { bound, chunkBytes, emptyRoomBytes, headBytes, chunkExtraBytes }: BacklogOptions,
  { compression, headerBytes, manifestBytes }: Planned<unknown>,
): number {
  if (emptyRoomBytes === Infinity) return chunkBytes
  const lines = Math.max(16_384, 2 * manifestBytes + 1024)
  const fill = { stored: 0, tar: Math.max(8192, headerBytes + 2048), manifest: headBytes + lines }
  return Math.min(chunkBytes, payloadWithin(bound, compression, fill, emptyRoomBytes - chunkExtraBytes))
}
