/** What the scheduler plans with, and where it puts it. Sizes in bytes. */

import type { Compression } from '../format/layout.ts'
import type { ChunkFill } from './chunk-bound.ts'
import type { Split } from './split.ts'

/** Something to be stored. */
export interface Planned<T> {
  readonly item: T
  readonly compression: Compression
  /** Content; 0 where there is none. */
  readonly bytes: number
  /** The member's header and pax records, without content and padding; 0 for a mere record. */
  readonly headerBytes: number
  readonly manifestBytes: number
  /** Directories, links and the like, which belong before all content. */
  readonly isStructure: boolean
  /** Of a split file of which an earlier run stored parts: where to go on. */
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
  /** The worker that stored its first part, which has the hash of the file so far. */
  owner: number | undefined
  inWork: boolean
  /** How many parts the end of the disc has taken. */
  atEnd?: { readonly disc: number; readonly parts: number }
}

/** Where a batch is to go. */
export interface Slot {
  readonly disc: number
  readonly worker: number
  readonly compression: Compression
  /** What the chunk holds so far, and of how many source bytes. */
  readonly fill: ChunkFill
  readonly sourceBytes: number
  /** The most bytes the chunk may take. */
  readonly roomBytes: number
}

/** Header, content and padding. */
export const memberBytes = (planned: Planned<unknown>): number =>
  planned.headerBytes + Math.ceil(planned.bytes / 512) * 512

/** The content of placed items. */
export const sourceBytes = (items: readonly Placed<unknown>[]): number =>
  items.reduce((sum, { planned, part }) => sum + (part ? part.size : planned.bytes), 0)

/** The next part of a split file. */
export const placedPart = <T>(planned: Planned<T>, split: Split, size: number): Placed<T> => ({
  planned,
  part: { part: split.next, parts: split.parts, offset: split.offset, size },
})

/** `fill` with an item to come, whole. */
export const withWhole = (fill: ChunkFill, planned: Planned<unknown>): ChunkFill => ({
  stored: fill.stored,
  tar: fill.tar + memberBytes(planned),
  manifest: fill.manifest + planned.manifestBytes,
})

/** `fill` with a part of an item to come: its name is longer than the file's, by a pax record at the most. */
export const withPart = (fill: ChunkFill, planned: Planned<unknown>, sizeBytes: number): ChunkFill => ({
  stored: fill.stored,
  tar: fill.tar + planned.headerBytes + 2048 + Math.ceil(sizeBytes / 512) * 512,
  manifest: fill.manifest + 2 * planned.manifestBytes + 1024,
})
