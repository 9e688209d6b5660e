/** The hash of a file that is stored part by part, perhaps by several runs. */

import { ContentHash, feedContent } from '../files/content-hash.ts'
import type { DataRange } from '../format/sparse-map.ts'
import type { PartOrder } from './item.ts'

/** The hash of a split file's content over the parts stored so far. */
export interface RunningHash {
  readonly hash: ContentHash
  offset: number
}

/** The hash of the parts that an earlier run stored, if their bytes are still in the file. */
export function rereadParts(
  fd: number,
  order: PartOrder,
  algorithm: string,
  ranges: readonly DataRange[] | undefined,
): RunningHash | undefined {
  const whole = new ContentHash(algorithm)
  let offset = 0
  for (const before of order.before ?? []) {
    const own = new ContentHash(algorithm)
    if (!feedContent(fd, before.offset, before.offset + before.size, ranges, [own, whole])) return undefined
    if (own.digest().toString('hex') !== before.hash) return undefined
    offset = before.offset + before.size
  }
  return { hash: whole, offset }
}
