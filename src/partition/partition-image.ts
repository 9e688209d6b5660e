/** A partition image as its users see it: facts, the used blocks in order, and random access. */

import type { Wrapping } from '../image-bytes/image-bytes.ts'
export type ChecksumKind = 'none' | 'crc32' | 'xxh64' | 'xxh128'

/** The header of an image. */
export interface PartitionFacts {
  /** The program whose format it is. */
  readonly format: 'partclone' | 'partimage' | 'ntfsclone'
  /** Of the format, as the image has it: `0002`, `0001`, `0.6.1`, `10.1`. */
  readonly version: string
  /** The version of the program that made the image. null if the image does not say. */
  readonly tool: string | null
  /** As the image names it: `EXTFS`, `NTFS`, `raw`. */
  readonly fileSystem: string
  /** Size of the partition. */
  readonly deviceBytes: number
  /** Size of a block. */
  readonly blockBytes: number
  /** Blocks of the file system. */
  readonly blocks: number
  /** Stored blocks, by the bitmap. */
  readonly blocksUsed: number
  /** Kind of the checksums of blocks. */
  readonly checksum: ChecksumKind
  /** Blocks that one checksum covers; 0 without checksums. */
  readonly checksumBlocks: number
  /** Size of the image's files. null if it comes from a pipe. */
  readonly imageBytes: number | null
  /** Compression around the image. null if there is none. */
  readonly compressed: Wrapping | null
  /** Files of the image. */
  readonly volumes: number
  /** Facts that a user should know before using the image. */
  readonly warnings: readonly string[]
}

/** A range of the partition. */
export interface BlockRange {
  /** Number of the first block. */
  readonly firstBlock: number
  /** Number of blocks. */
  readonly blocks: number
  /** First byte in the partition. */
  readonly offset: number
  readonly bytes: number
}

/** Damage of the stored data. */
export interface Damage {
  /**
   * `checksum`: the blocks, or their checksum, are wrong. `missing`: the image ends before them.
   * `unchecked`: the checksum also covers earlier, wrong blocks. `structure`: not the blocks are wrong, but
   * the data around them.
   */
  readonly kind: 'checksum' | 'missing' | 'unchecked' | 'structure'
  readonly message: string
  /** The blocks that are affected. Empty if the image does not tell. */
  readonly ranges: readonly BlockRange[]
}

export interface Blocks {
  /** In the partition. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A line that `info` shows beside the facts. */
export interface Detail {
  readonly name: string
  readonly value: string
}

export interface PartitionImage {
  readonly facts: PartitionFacts
  readonly details: readonly Detail[]
  /** Bytes of the used blocks. */
  readonly usedBytes: number
  /**
   * The used blocks in rising order, adjacent ones joined to about 1 MiB. Checks every checksum. Without
   * `onDamage` throws `damaged` at the first wrong one; with it reports each and goes on. From standard input
   * only once; an image of `ntfsclone --metadata` then has its blocks in another order.
   */
  blocks(signal?: AbortSignal, onDamage?: (damage: Damage) => void): AsyncIterable<Blocks>
  /**
   * Makes the index or the cache that random access needs: for a compressed image, and for one of ntfsclone.
   * Reports its progress, and does nothing at a second call. Throws `usage` for standard input.
   */
  prepare(): Promise<void>
  /**
   * Fills `into` with the bytes of the partition from `offset` on. Unused blocks are zeros, or the fill
   * pattern. Checks no checksum. Calls `prepare`. Throws `usage` for a range outside the partition, `damaged`
   * if the image ends too early.
   */
  readAt(offset: number, into: Uint8Array): Promise<void>
  /** The same without waiting. It exists once `prepare` is done; for a plain file often before. */
  readonly readAtSync?: ((offset: number, into: Uint8Array) => void) | undefined
  close(): Promise<void>
}
