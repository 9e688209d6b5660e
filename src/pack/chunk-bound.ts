/** How large a chunk can get, whatever its content: the arithmetic that keeps discs from overflowing. */

import { compressedBound } from '../compress/compress.ts'
import { type EncryptionKeys, encryptionOverhead } from '../crypto/encrypt.ts'
import type { Compression } from '../format/layout.ts'
import { sectorBytes } from '../format/medium.ts'
import { tarEndBytes } from '../format/tar-header.ts'

/** What a chunk holds so far, and what is to be added. All in bytes. */
export interface ChunkFill {
  /** Compressed tar that is written. */
  readonly stored: number
  /** Tar that is still to be compressed. */
  readonly tar: number
  /** The manifest at its longest, which comes last. */
  readonly manifest: number
}

export type ChunkBound = (compression: Compression, fill: ChunkFill) => number

/** The bytes of the file that such a chunk takes on a disc at the most, in whole sectors. */
export function chunkBound(keys: EncryptionKeys | undefined): ChunkBound {
  return (compression, fill) => {
    const manifest = 512 + Math.ceil(fill.manifest / 512) * 512
    const plain = fill.stored + compressedBound(compression, fill.tar + manifest + tarEndBytes)
    return toSectors(plain + encryptionOverhead(keys, plain))
  }
}

export const toSectors = (bytes: number): number => Math.ceil(bytes / sectorBytes) * sectorBytes

/**
 * The most content that one member may have so that the chunk stays within `room`; `fill` counts the member's header
 * and lines already. 0 where there is none.
 */
export function payloadWithin(
  bound: ChunkBound,
  compression: Compression,
  fill: ChunkFill,
  room: number,
): number {
  let payload = room
  for (let i = 0; i < 50 && payload > 0; i++) {
    const over = bound(compression, { ...fill, tar: fill.tar + Math.ceil(payload / 512) * 512 }) - room
    if (over <= 0) return payload
    payload -= Math.max(over, 512)
  }
  return 0
}
