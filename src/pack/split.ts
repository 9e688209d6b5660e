/**
 * Splitting a file into parts. The number of parts stands in every part's name, so it is settled with the first one;
 * the sizes are not. Spare parts are planned in for the ends of discs, where a part is as small as the room left.
 */

import { maxParts } from '../format/member-name.ts'

export interface Split {
  readonly parts: number
  /** The next part's number, from 1. */
  readonly next: number
  readonly offset: number
  readonly sizeBytes: number
}

/** What the parts of a file have to go by. */
export interface SplitRules {
  /** The most bytes of one part. */
  readonly mostBytes: number
  /** Room on a disc; `Infinity` where no end of a disc is ahead. */
  readonly discBytes: number
  /**
   * Parts that an end of a disc may take. What does not compress fills it with one; what does is cut for its worst case
   * again and again.
   */
  readonly sparePerEnd: number
}

/** How many parts of a file the end of one disc may take. */
export const mostFillings = 24

/** What does not compress fills it with one; other files' ends of discs may take one, too. */
export const exactFillings = 3

/** Spare parts are worth it from this size on. */
const leastSpareBytes = 16_384

/** A file of `sizeBytes` before its first part, with spare parts for every end of a disc that it may meet. */
export function beginSplit(sizeBytes: number, rules: SplitRules): Split {
  const parts = Math.ceil(sizeBytes / rules.mostBytes) + spareParts(sizeBytes, rules)
  return { parts: Math.min(Math.max(2, parts), maxParts, sizeBytes), next: 1, offset: 0, sizeBytes }
}

/**
 * No more than thrice the parts that are needed, for what compresses well meets far fewer ends than its size says; and
 * no more than are of some size, for each takes a header and lines of the manifest.
 */
function spareParts(bytes: number, { mostBytes, discBytes, sparePerEnd }: SplitRules): number {
  if (discBytes === Infinity) return 0
  const ends = Math.ceil((bytes * 1.02) / discBytes) + 1
  const ofSomeSize = Math.max(2, Math.floor(bytes / Math.max(leastSpareBytes, mostBytes / 50)))
  return Math.min(sparePerEnd * ends, 24 + 3 * Math.ceil(bytes / mostBytes), ofSomeSize)
}

/**
 * The size of the next part where room is no question: as large as may be, but spare parts that no end of a disc can
 * need any more are used up, and the last of the file takes all that are left.
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
 * The size of the next part where there is room for `roomBytes`: all of it, unless the parts that would then be left
 * could not hold the rest, or would be empty. Where the whole rest fits, with `memberBytes` of its own for each part
 * after this one, all parts left share it; where only those do not fit, they are kept small. 0 where none fits.
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
