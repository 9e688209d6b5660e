/**
 * The holes of sparse files: ranges that read as zeros and take no space. The file system reports them
 * through lseek's SEEK_DATA and SEEK_HOLE, which Node lacks.
 */

import type { BigIntStats } from 'node:fs'
import { type DataRange, sparseBlockBytes } from '../format/sparse-map.ts'
import { cLibrary } from './c-library.ts'

/**
 * The data ranges of a file. `none`: it has no holes. `unknown`: it takes less space than its size, but its
 * holes cannot be found.
 */
export type Holes = readonly DataRange[] | 'none' | 'unknown'

/** The most ranges in a file's map. If there are more, small holes count as data. */
export const mostRanges = 4096

/** The smallest hole that counts once there are too many. */
const leastHoleBytes = 65_536

/** Most file systems allocate space in blocks of this size. */
const pageBytes = 4096

const seek = loadSeek()

/** SEEK_DATA and SEEK_HOLE of <unistd.h>, ENXIO of <errno.h>: no data from there on. */
const system = process.platform === 'darwin' ? { data: 4, hole: 3 } : { data: 3, hole: 4 }
const noMoreData = 6

/** Whether a file takes less space than its size: only then it can have holes. */
export const takesLess = (sizeBytes: number, allocatedBytes: number): boolean => allocatedBytes < sizeBytes

/** The holes of the open file `fd`. Moves its position. */
export function findHoles(fd: number, stat: BigIntStats): Holes {
  const sizeBytes = Number(stat.size)
  const allocatedBytes = Number(stat.blocks) * 512
  if (!takesLess(sizeBytes, allocatedBytes)) return 'none'
  return (
    (seek && dataRanges(seek, fd, sizeBytes)) ?? (sizeBytes - allocatedBytes < pageBytes ? 'none' : 'unknown')
  )
}

function dataRanges(
  { lseek, errno }: NonNullable<typeof seek>,
  fd: number,
  sizeBytes: number,
): Holes | undefined {
  const ranges = new BoundedRanges()
  for (let at = 0; at < sizeBytes;) {
    const data = Number(lseek(fd, at, system.data))
    if (data < 0 && errno() === noMoreData) break
    if (data < at) return undefined
    if (data >= sizeBytes) break
    const hole = Number(lseek(fd, data, system.hole))
    if (hole <= data) return undefined
    if (data === 0 && hole >= sizeBytes) return 'none'
    const end = Math.ceil(hole / sparseBlockBytes) * sparseBlockBytes
    ranges.add(data - (data % sparseBlockBytes), Math.min(end, sizeBytes))
    at = hole
  }
  return ranges.found()
}

/** Ranges of data. If there are too many, the closest ones are joined. */
export class BoundedRanges {
  #ranges: { offset: number; length: number }[] = []
  #least = 0

  /** Adds data from `from` to `to`, after all earlier ranges. */
  add(from: number, to: number): void {
    const last = this.#ranges.at(-1)
    if (last && from - (last.offset + last.length) < Math.max(1, this.#least)) last.length = to - last.offset
    else this.#ranges.push({ offset: from, length: to - from })
    while (this.#ranges.length > mostRanges) this.#join()
  }

  #join(): void {
    this.#least = Math.max(leastHoleBytes, this.#least * 2)
    const all = this.#ranges
    this.#ranges = []
    for (const { offset, length } of all) this.add(offset, offset + length)
  }

  found(): readonly DataRange[] {
    return this.#ranges
  }
}

function loadSeek():
  | { lseek: (fd: number, offset: number, whence: number) => number | bigint; errno: () => number }
  | undefined {
  try {
    const lseek = cLibrary?.func('int64_t lseek(int descriptor, int64_t offset, int whence)')
    return lseek && cLibrary ? { lseek, errno: cLibrary.errno } : undefined
  } catch {
    return undefined
  }
}
