/** The largest size that a chunk can reach, whatever its content. This keeps discs from overflowing. */

import { compressedBound } from '../compress/compress.ts'
import { type EncryptionKeys, encryptionOverhead } from '../crypto/encrypt.ts'
import type { Compression } from '../format/layout.ts'
import { sectorBytes } from '../format/medium.ts'
import { tarEndBytes } from '../format/tar-header.ts'

/** The bytes that a chunk holds, and those that will be added. */
export interface ChunkFill {
  /** Compressed tar that is written. */
  readonly stored: number
  /** Tar that is not compressed yet. */
  readonly tar: number
  /** The manifest at its longest. It comes last. */
  readonly manifest: number
}

export type ChunkBound = (compression: Compression, fill: ChunkFill) => number

/** The most bytes that the chunk's file takes on a disc, in whole sectors. */
export function chunkBound(keys: EncryptionKeys | undefined): ChunkBound {
  return (compression, fill) => {
    const manifest = 512 + Math.ceil(fill.manifest / 512) * 512
    const plain = fill.stored + compressedBound(compression, fill.tar + manifest + tarEndBytes)
    return toSectors(plain + encryptionOverhead(keys, plain))
  }
}

export const toSectors = (bytes: number): number => Math.ceil(bytes / sectorBytes) * sectorBytes

/**
 * The largest content of one member that keeps the chunk within `room`, or 0. `fill` already counts the
 * member's header and lines.
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
