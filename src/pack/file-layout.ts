/** The bytes of a file that go into the tar: all of them or, for a sparse file, a map and the data. */

import fs from 'node:fs'
import { alwaysCompressedBytes, isCompressible } from '../compress/compressibility.ts'
import type { ContentHash } from '../files/content-hash.ts'
import { findHoles, takesLess } from '../files/holes.ts'
import type { Compression } from '../format/layout.ts'
import type { SourceTree } from '../format/source-tree.ts'
import {
  type DataRange,
  dataBefore,
  dataBytes,
  endOfData,
  formatSparseMap,
  rangesWithin,
  sparseBlockBytes,
  sparseMapBound,
} from '../format/sparse-map.ts'
import type { QueuedItem } from '../catalog/work-queue.ts'
import type { SparseRoom } from './item.ts'
import { openSource, readRange } from './source-file.ts'

export interface FileLayout {
  /**
   * Whether the file has holes. If the system cannot report holes: whether it takes less space than its size.
   */
  readonly isSparse: boolean
  /** The data ranges, if the file is stored without its holes. */
  readonly ranges: readonly DataRange[] | undefined
}

export function layoutOf(fd: number, stat: fs.BigIntStats): FileLayout {
  const holes = findHoles(fd, stat)
  if (typeof holes === 'string') return { isSparse: holes === 'unknown', ranges: undefined }
  const sizeBytes = Number(stat.size)
  const isWorth = dataBytes(holes) + sparseMapBound(holes.length, sizeBytes) < sizeBytes
  return { isSparse: true, ranges: isWorth ? holes : undefined }
}

/** Whether a queued file has holes, as far as the system reports them. */
export function isSparseFile(source: SourceTree, queued: QueuedItem): boolean {
  if (!takesLess(queued.size ?? 0, queued.allocated ?? Infinity)) return false
  try {
    const { fd, stat } = openSource(source, queued.path)
    try {
      return layoutOf(fd, stat).isSparse
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return false
  }
}

/** The planned layout of a file. */
export interface PlannedLayout {
  readonly compression: Compression
  readonly ranges?: readonly DataRange[]
  readonly room?: SparseRoom
}

/**
 * Opens a queued file, chooses its compression (as asked, or from samples), and finds its data. `isMoving`:
 * the file changed while it was packed, so the plan leaves spare space.
 */
export function planLayout(
  source: SourceTree,
  queued: QueuedItem,
  wanted: 'auto' | Compression,
  isMoving: boolean,
): PlannedLayout {
  const compression = wanted === 'auto' ? 'bz2' : wanted
  const sizeBytes = queued.size ?? 0
  const mayBeSparse = takesLess(sizeBytes, queued.allocated ?? sizeBytes)
  const isSampled = wanted === 'auto' && sizeBytes >= alwaysCompressedBytes
  if (!mayBeSparse && !isSampled) return { compression }
  try {
    const { fd, stat } = openSource(source, queued.path)
    try {
      if (!stat.isFile()) return { compression }
      const ranges = mayBeSparse ? layoutOf(fd, stat).ranges : undefined
      const isWorth = !isSampled || isWorthCompressing(fd, Number(stat.size), ranges)
      return {
        compression: isWorth ? compression : 'none',
        ...(ranges ? { ranges, room: roomFor(ranges, sizeBytes, isMoving) } : {}),
      }
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return { compression } // packing the file reports the error
  }
}

/** A sparse file is sampled in its data only. */
function isWorthCompressing(
  fd: number,
  sizeBytes: number,
  ranges: readonly DataRange[] | undefined,
): boolean {
  return ranges === undefined
    ? isCompressible(fd, sizeBytes)
    : isCompressible(fd, dataBytes(ranges), (at) => endOfData(ranges, at + 1) - 1)
}

/** Before a growing file is planned for the last time, it may grow by an eighth while it is packed. */
function roomFor(ranges: readonly DataRange[], sizeBytes: number, isMoving: boolean): SparseRoom {
  const data = dataBytes(ranges)
  const most = isMoving ? data + Math.ceil(data / 8) + (1 << 20) : data
  return {
    dataBytes: Math.min(most, sizeBytes),
    mapBytes: sparseMapBound(isMoving ? 2 * ranges.length + 64 : ranges.length + 8, sizeBytes),
  }
}

/** A range of a file, possibly all of it, as a member stores it. */
export interface FileRange {
  readonly from: number
  readonly to: number
  /** For a sparse member: the data ranges, counted from the beginning of the range, and the map. */
  readonly sparse?: { readonly ranges: readonly DataRange[]; readonly map: Buffer }
}

export const denseRange = (from: number, sizeBytes: number): FileRange => ({ from, to: from + sizeBytes })

/** Undefined if the data needs more space than planned. */
export function sparseRange(
  ranges: readonly DataRange[],
  from: number,
  to: number,
  room: SparseRoom,
): FileRange | undefined {
  const within = rangesWithin(ranges, from, to)
  const map = formatSparseMap(within, to - from)
  if (dataBytes(within) > room.dataBytes || map.length > room.mapBytes) return undefined
  return { from, to, sparse: { ranges: within, map } }
}

/**
 * The part of a sparse file with `room.dataBytes` of data, from data byte `offset` on. It starts at `from`,
 * where the part before ended. Undefined if these disagree: the file has changed. Parts end at a block of the
 * file, as ranges do. So a part may start up to one block earlier.
 */
export function sparsePart(
  ranges: readonly DataRange[],
  sizeBytes: number,
  from: number,
  part: { readonly offset: number; readonly size: number; readonly isLast: boolean },
  room: SparseRoom,
): FileRange | undefined {
  const behind = Math.min(part.offset, dataBytes(ranges)) - dataBefore(ranges, from)
  if (behind < 0 || behind >= sparseBlockBytes) return undefined
  const end = endOfData(ranges, part.offset + part.size)
  const to = part.isLast ? sizeBytes : Math.max(from, end - (end % sparseBlockBytes))
  return sparseRange(ranges, from, to, { ...room, dataBytes: part.size + behind })
}

/** The size of the range in the member. */
export const memberSize = ({ from, to, sparse }: FileRange): number =>
  sparse ? sparse.map.length + dataBytes(sparse.ranges) : to - from

/** The bytes of the range that are read from the file. */
export const readSize = ({ from, to, sparse }: FileRange): number =>
  sparse ? dataBytes(sparse.ranges) : to - from

/**
 * The member's content. `hashes` get the whole range; `onRead` gets the number of bytes read from the file.
 */
export function* readFileRange(
  fd: number,
  { from, to, sparse }: FileRange,
  hashes: readonly ContentHash[],
  onRead: (bytes: number) => void,
): Generator<Uint8Array> {
  const onPiece = (piece: Uint8Array): void => {
    onRead(piece.length)
    for (const hash of hashes) hash.update(piece)
  }
  if (!sparse) return yield* readRange(fd, from, to - from, onPiece)
  yield sparse.map
  let at = 0
  for (const { offset, length } of sparse.ranges) {
    for (const hash of hashes) hash.zeros(offset - at)
    yield* readRange(fd, from + offset, length, onPiece)
    at = offset + length
  }
  for (const hash of hashes) hash.zeros(to - from - at)
}
