/** What of a disc is left for chunks. */

import { chunkRows, discRows } from '../catalog/set-rows.ts'
import { passes, queueTotals } from '../catalog/work-queue.ts'
import { chunksBytes, type DiscContents, overheadBytes, roomBytes } from '../disc/capacity.ts'
import { readmeReserveBytes } from '../disc/readme.ts'
import { restoreScript } from '../disc/restore-script.ts'
import { ButcherError } from '../errors.ts'
import { showSize } from '../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import { catalogBound } from './catalog-bound.ts'

const defaultChunkBytes = 1e9

export interface DiscRoom {
  readonly contents: DiscContents
  readonly emptyRoomBytes: number
  readonly chunkBytes: number
}

/** What of a disc is left for chunks, with the catalog as it will be. Throws `medium` where that is nothing. */
export async function discRoom(run: BackupRun): Promise<DiscRoom> {
  const { medium, options, set } = run
  const chunkBytes = options.chunkSizeBytes ?? defaultChunkBytes
  const isEmpty = Object.values(passes).every((pass) => queueTotals(set.db, pass).items === 0)
  const catalogBytes =
    medium.capacityBytes === Infinity || isEmpty
      ? 0
      : await catalogBound(set, run.backup, run.jobs, chunkBytes)
  const contents = {
    readmeBytes: readmeReserveBytes,
    scriptBytes: Buffer.byteLength(restoreScript()),
    catalogBytes,
  }
  const emptyRoomBytes = roomBytes(medium.capacityBytes, contents)
  if (emptyRoomBytes < minRoomBytes) {
    const takes = showSize(overheadBytes(contents))
    throw new ButcherError(
      'medium',
      `a disc of ${showSize(medium.capacityBytes)} is too small: catalog, README.txt and file system take ${takes} of it`,
      {
        hint: 'take a larger medium',
      },
    )
  }
  return { contents, emptyRoomBytes, chunkBytes }
}

/** A disc with less room for chunks than this is of no use. */
const minRoomBytes = 32_768

/** Room on a disc's end for the records that come last, so that they do not take a disc of their own; at most 0.3 % of it. */
export function referencesReserve(run: BackupRun): number {
  const { items } = queueTotals(run.set.db, passes.references)
  if (items === 0 || run.medium.capacityBytes === Infinity) return 0
  return Math.min(16_384 + items * 1024, run.medium.capacityBytes * 0.003)
}

/** The last disc, where it is still in the destination, open, and of the same medium. */
export function openDiscOf(
  run: BackupRun,
  room: DiscRoom,
  last: ReturnType<typeof discRows>[number] | undefined,
): { disc: number; roomBytes: number } | undefined {
  const { destination, medium, set } = run
  if (!last || last.state !== 'open' || !destination.discs.includes(last.number)) return undefined
  if ((last.capacity ?? Infinity) !== medium.capacityBytes) return undefined
  const stored = chunkRows(set.db, last.number).map(({ bytes }) => bytes)
  return { disc: last.number, roomBytes: room.emptyRoomBytes - chunksBytes(stored) }
}
