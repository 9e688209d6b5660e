/** The items that the scheduler plans, and their slots. All sizes are in bytes. */

import type { Compression } from '../format/layout.ts'
import type { ChunkFill } from './chunk-bound.ts'
import type { Split } from './split.ts'

/** An item to store. */
export interface Planned<T> {
  readonly item: T
  readonly compression: Compression
  /** Content; 0 if there is none. */
  readonly bytes: number
  /** The member's header and pax records, without content and padding; 0 for a record. */
  readonly headerBytes: number
  readonly manifestBytes: number
  /** Directories, links and similar items, which come before all content. */
  readonly isStructure: boolean
  /** The item cannot be split. */
  readonly isPiece?: true
  /** For a split file with parts from an earlier run: where to continue. */
  readonly resume?: Split
}

export interface Placed<T> {
  readonly planned: Planned<T>
  readonly part?: {
    readonly part: number
    readonly parts: number
    readonly offset: number
    readonly size: number
  }
}

export interface OpenSplit<T> {
  readonly planned: Planned<T>
  split: Split
  /** The worker that stored its first part, and has the hash of the file so far. */
  owner: number | undefined
  inWork: boolean
  /** The number of parts that the end of the disc has taken. */
  atEnd?: { readonly disc: number; readonly parts: number }
}

/** The planned place of a batch of items. */
export interface Slot {
  readonly disc: number
  readonly worker: number
  readonly compression: Compression
  /** The bytes in the chunk so far, and their number of source bytes. */
  readonly fill: ChunkFill
  readonly sourceBytes: number
  /** The most bytes that the chunk may take. */
  readonly roomBytes: number
}

/** Header, content and padding. */
const memberBytes = (planned: Planned<unknown>): number =>
  planned.headerBytes + Math.ceil(planned.bytes / 512) * 512

/** The content of placed items. */
export const sourceBytes = (items: readonly Placed<unknown>[]): number =>
  items.reduce((sum, { planned, part }) => sum + (part ? part.size : planned.bytes), 0)

/** The next part of a split file. */
export const placedPart = <T>(planned: Planned<T>, split: Split, size: number): Placed<T> => ({
  planned,
  part: { part: split.next, parts: split.parts, offset: split.offset, size },
})

/** `fill` after a whole item is added. */
export const withWhole = (fill: ChunkFill, planned: Planned<unknown>): ChunkFill => ({
  stored: fill.stored,
  tar: fill.tar + memberBytes(planned),
  manifest: fill.manifest + planned.manifestBytes,
})

/** `fill` after a part is added. A part's name is longer than the file's name, by one pax record at most. */
export const withPart = (fill: ChunkFill, planned: Planned<unknown>, sizeBytes: number): ChunkFill => ({
  stored: fill.stored,
  tar: fill.tar + planned.headerBytes + 2048 + Math.ceil(sizeBytes / 512) * 512,
  manifest: fill.manifest + 2 * planned.manifestBytes + 1024,
})
