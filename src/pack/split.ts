/**
 * Splitting a file into parts. The number of parts stands in every part's name, so it is settled with the first one;
 * the sizes are not. Spare parts are planned in for the ends of discs, where a part is as small as the room left.
 */

export interface Split {
  readonly parts: number
  /** The next part's number, from 1. */
  readonly next: number
  readonly offset: number
  readonly sizeBytes: number
}

/** How many parts a file of `sizeBytes` gets: enough of `mostBytes` each, and `spare` more. */
export const partCount = (sizeBytes: number, mostBytes: number, spare: number): number =>
  Math.max(2, Math.ceil(sizeBytes / mostBytes) + spare)

export const beginSplit = (sizeBytes: number, parts: number): Split => ({
  parts,
  next: 1,
  offset: 0,
  sizeBytes,
})

/** The size of the next part where room is no question: what is left, spread evenly. */
export function evenPart(split: Split): number {
  const left = split.sizeBytes - split.offset
  return Math.ceil(left / (split.parts - split.next + 1))
}

/**
 * The size of the next part where there is room for `roomBytes`: all of it, unless the parts that would then be left
 * could not hold the rest at `mostBytes` each, or would be empty. 0 where no part fits.
 */
export function partWithin(split: Split, roomBytes: number, mostBytes: number): number {
  const left = split.sizeBytes - split.offset
  const partsAfter = split.parts - split.next
  if (partsAfter === 0) return left <= roomBytes ? left : 0
  const part = Math.min(roomBytes, left - partsAfter, mostBytes)
  return part >= 1 && left - part <= partsAfter * mostBytes ? part : 0
}

export const advance = (split: Split, part: number): Split => ({
  ...split,
  next: split.next + 1,
  offset: split.offset + part,
})
