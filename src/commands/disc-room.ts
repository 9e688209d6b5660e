/** What of a disc is left for chunks. */

import { chunkRows, type DiscRow, discRows } from '../catalog/set-rows.ts'
import { passes, queueTotals } from '../catalog/work-queue.ts'
import { type DiscContents, type DiscTake, roomBytes } from '../disc/capacity.ts'
import { readmeReserveBytes } from '../disc/readme.ts'
import { restoreScript } from '../disc/restore-script.ts'
import { ButcherError } from '../errors.ts'
import { showSize } from '../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import { catalogBound } from './catalog-bound.ts'
import { hasPages, pageLimit } from './disc-page.ts'
import { discTake } from './disc-take.ts'

export const defaultChunkBytes = 1e9

export interface DiscRoom {
  readonly take: DiscTake
  readonly emptyRoomBytes: number
  readonly chunkBytes: number
}

/** What of a disc is left for chunks, with the catalog as it will be. Throws `medium` where that is nothing. */
export async function discRoom(run: BackupRun): Promise<DiscRoom> {
  const { medium, options, set } = run
  const chunkBytes = options.chunkSizeBytes ?? defaultChunkBytes
  const isEmpty = Object.values(passes).every((pass) => queueTotals(set.db, pass).items === 0)
  const mostPageBytes = hasPages(set, options) ? pageLimit(medium.capacityBytes) : 0
  const { catalogBytes, pageBytes } =
    medium.capacityBytes === Infinity || isEmpty
      ? { catalogBytes: 0, pageBytes: 0 }
      : await catalogBound(set, run.backup, run.jobs, chunkBytes, mostPageBytes)
  const contents: DiscContents = {
    readmeBytes: readmeReserveBytes,
    scriptBytes: Buffer.byteLength(restoreScript()),
    catalogBytes,
    pageBytes,
  }
  const take = discTake(contents, medium.capacityBytes, run.redundancy)
  const emptyRoomBytes = roomBytes(medium.capacityBytes, take)
  if (emptyRoomBytes < minRoomBytes) {
    const takes = showSize(take.overheadBytes)
    const what = run.redundancy === null ? 'catalog, README.txt' : 'catalog, README.txt, parity'
    throw new ButcherError(
      'medium',
      `a disc of ${showSize(medium.capacityBytes)} is too small: ${what} and file system take ${takes} of it`,
      {
        hint: 'take a larger medium',
      },
    )
  }
  return { take, emptyRoomBytes, chunkBytes }
}

/** A disc with less room for chunks than this is of no use. */
const minRoomBytes = 32_768

/** Room on a disc's end for the records that come last, so that they do not take a disc of their own; at most 0.3 % of it. */
export function referencesReserve(run: BackupRun, references: number): number {
  if (references === 0 || run.medium.capacityBytes === Infinity) return 0
  return Math.min(16_384 + references * 1024, run.medium.capacityBytes * 0.003)
}

/** The last disc, where it is still in the destination, open, and of the same medium. */
export function openDiscOf(
  run: BackupRun,
  room: DiscRoom,
  last: DiscRow | undefined,
): { disc: number; roomBytes: number } | undefined {
  if (!last || !isOpenFor(last, run) || last.redundancy !== run.redundancy) return undefined
  const stored = chunkRows(run.set.db, last.number).map(({ bytes }) => bytes)
  return { disc: last.number, roomBytes: roomBytes(run.medium.capacityBytes, room.take, stored) }
}

const isOpenFor = (
  last: DiscRow,
  { destination, medium }: Pick<BackupRun, 'destination' | 'medium'>,
): boolean =>
  last.state === 'open' &&
  destination.discs.includes(last.number) &&
  (last.capacity ?? Infinity) === medium.capacityBytes

/**
 * Percent of each disc of a run that is parity. A disc keeps the redundancy that it began with: where none is asked for, that
 * of the open disc goes on, and where another is, the next disc begins, as with another medium.
 */
export function redundancyOf(
  asked: number | undefined,
  run: Pick<BackupRun, 'destination' | 'medium' | 'set'>,
): number | null {
  if (asked !== undefined) return asked === 0 ? null : asked
  const last = discRows(run.set.db).at(-1)
  return last && isOpenFor(last, run) ? last.redundancy : null
}
