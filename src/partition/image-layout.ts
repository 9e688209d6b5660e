/** The layout of an image: which blocks are stored, and where. The readers of the formats make it. */

import type { BlockMap } from './block-map.ts'
import type { GroupCheck } from './checksums.ts'
import type { ByteCursor } from './byte-cursor.ts'
import type { Detail, PartitionFacts } from './partition-image.ts'

/** The facts that the header and the bitmap give. */
export type HeaderFacts = Omit<PartitionFacts, 'imageBytes' | 'compressed' | 'volumes'>

/** What the checksums of an image cover. */
export type Coverage = 'every byte' | 'first bytes' | 'nothing'

/**
 * The used blocks, one after the other, with a check after every `groupBytes` of them. `groupBytes` is
 * Infinity without checks.
 */
export interface Framing {
  readonly groupBytes: number
  readonly checkBytes: number
}

/** A run of used blocks. Its first byte is number `skip` of the data that begin at `base` in the image. */
export interface StoredRun {
  readonly block: number
  readonly count: number
  readonly base: number
  readonly skip: number
}

export interface ImageLayout {
  readonly facts: HeaderFacts
  readonly details: readonly Detail[]
  readonly coverage: Coverage
  readonly framing: Framing
  /** Data bytes of all used blocks. */
  readonly usedBytes: number
  /** Size that the image should have, unwrapped, if the header tells. */
  readonly imageBytes: number | undefined
  readonly content: FramedContent | RecordContent
}

/** Blocks with checks between them. */
export interface FramedContent {
  readonly kind: 'framed'
  readonly map: BlockMap
  readonly dataStart: number
  /** A check follows the last, shorter group. */
  readonly hasLastCheck: boolean
  newCheck(): Promise<GroupCheck | undefined>
  readonly endCheck?: () => EndCheck
}

/** A check over the whole image. */
export interface EndCheck {
  /** Image bytes from `dataStart` on, checks included. */
  update(bytes: Uint8Array): void
  /** Reads what follows the blocks. Returns the fault, if there is one. */
  end(cursor: ByteCursor): Promise<string | undefined>
}

/** Each used block has a record of its own, as in an ntfsclone image. */
export interface RecordContent {
  readonly kind: 'records'
  readonly dataStart: number
  readonly clusters: number
  /** Of a last, shorter cluster after them; 0 if there is none. */
  readonly tailBytes: number
  readonly bigEndian: boolean
}

/** The place in the image of byte number `data` of the data that begin at `base`. */
export const placeOf = ({ groupBytes, checkBytes }: Framing, base: number, data: number): number =>
  base + data + Math.floor(data / groupBytes) * checkBytes
