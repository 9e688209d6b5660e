/**
 * Splits a file into parts. Every part's name has the number of parts, so the first part fixes that number,
 * but not the sizes. Spare parts are planned for the ends of discs, where a part is as small as the free
 * space.
 */

import { maxParts } from '../format/member-name.ts'

export interface Split {
  readonly parts: number
  /** The next part's number, from 1. */
  readonly next: number
  readonly offset: number
  readonly sizeBytes: number
}

/** The limits for the parts of a file. */
export interface SplitRules {
  /** The most bytes of one part. */
  readonly mostBytes: number
  /** Free bytes on a new disc; `Infinity` if no disc will fill up. */
  readonly discBytes: number
  /**
   * Spare parts for the end of one disc. Incompressible data fills it with one part. Compressible data is cut
   * for its worst case, again and again.
   */
  readonly sparePerEnd: number
}

/** The most parts of a file that the end of one disc takes. */
export const mostFillings = 24

/** Incompressible data needs one part. A disc end that other files fill may take one as well. */
export const exactFillings = 3

/** Spare parts are at least this large. */
const leastSpareBytes = 16_384

/** A file of `sizeBytes` before its first part, with spare parts for every disc end that it may meet. */
export function beginSplit(sizeBytes: number, rules: SplitRules): Split {
  const parts = Math.ceil(sizeBytes / rules.mostBytes) + spareParts(sizeBytes, rules)
  return { parts: Math.min(Math.max(2, parts), maxParts, sizeBytes), next: 1, offset: 0, sizeBytes }
}

/**
 * At most three times the parts needed: compressible data meets far fewer disc ends than its size suggests.
 * Each part also has a minimum size, because it costs a header and manifest lines.
 */
function spareParts(bytes: number, { mostBytes, discBytes, sparePerEnd }: SplitRules): number {
  if (discBytes === Infinity) return 0
  const ends = Math.ceil((bytes * 1.02) / discBytes) + 1
  const ofSomeSize = Math.max(2, Math.floor(bytes / Math.max(leastSpareBytes, mostBytes / 50)))
  return Math.min(sparePerEnd * ends, 24 + 3 * Math.ceil(bytes / mostBytes), ofSomeSize)
}

/**
 * The size of the next part if free space does not matter: as large as possible. Spare parts that no disc end
 * can need any more are used up. The end of the file takes all that are left.
 */
export function nextPart(split: Split, rules: SplitRules): number {
  const left = split.sizeBytes - split.offset
  const partsLeft = split.parts - split.next + 1
  const needed = Math.ceil(left / rules.mostBytes)
  if (needed <= 1 || needed >= partsLeft) return Math.ceil(left / partsLeft)
  const unneeded = Math.max(0, partsLeft - needed - spareParts(left, rules))
  return Math.ceil(left / (needed + unneeded))
}

/**
 * The size of the next part for `roomBytes` of free space, or 0 if no part fits. It takes all the space,
 * unless the parts left could then not hold the rest, or would be empty. If the whole rest fits, with
 * `memberBytes` more for each later part, all parts left share it equally. If only those extra bytes do not
 * fit, the later parts stay small.
 */
export function partWithin(split: Split, roomBytes: number, mostBytes: number, memberBytes: number): number {
  const left = split.sizeBytes - split.offset
  const partsAfter = split.parts - split.next
  if (partsAfter === 0) return left <= roomBytes ? left : 0
  if (left <= Math.min(roomBytes, mostBytes)) {
    const share = Math.ceil(left / (partsAfter + 1))
    const fits = left + partsAfter * memberBytes <= roomBytes
    return fits ? share : Math.max(share, left - partsAfter * leastSpareBytes)
  }
  const part = Math.min(roomBytes, left - partsAfter, mostBytes)
  return part >= 1 && left - part <= partsAfter * mostBytes ? part : 0
}

export const advance = (split: Split, part: number): Split => ({
  ...split,
  next: split.next + 1,
  offset: split.offset + part,
})
