/** The hash of a file that is stored part by part, perhaps by several runs. */

import { ContentHash, feedContent } from '../files/content-hash.ts'
import { type DataRange, endOfData, sparseBlockBytes } from '../format/sparse-map.ts'
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

/**
 * Where a part begins if the parts before are of other workers. Only the last part needs their hash: then the
 * file is read from its beginning once more. `isSame` tells whether it is still that file.
 */
export function startAlone(
  fd: number,
  order: PartOrder,
  algorithm: string,
  ranges: readonly DataRange[] | undefined,
): RunningHash | undefined {
  const end = ranges ? endOfData(ranges, order.offset) : order.offset
  const offset = ranges ? end - (end % sparseBlockBytes) : end
  const whole = new ContentHash(algorithm)
  const isLast = order.part === order.parts
  if (isLast && !feedContent(fd, 0, offset, ranges, [whole])) return undefined
  return { hash: whole, offset }
}
