/** The room for chunks on a disc. */

import { chunkRows, type DiscRow, discRows } from '../../catalog/set-rows.ts'
import { passes, queueTotals } from '../../catalog/work-queue.ts'
import { bytesWithQueue } from '../../catalog/work-queue.ts'
import { type DiscContents, type DiscOverhead, roomBytes } from '../../disc/capacity.ts'
import { readmeReserveBytes } from '../../disc/readme.ts'
import { restoreScript } from '../../disc/restore-script.ts'
import { ButcherError } from '../../errors.ts'
import { showSize } from '../../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import { catalogBound } from './catalog-bound.ts'
import { hasPages, pageLimit } from '../../set/disc-page.ts'
import { discOverhead } from '../../set/disc-overhead.ts'

export interface DiscRoom {
  readonly take: DiscOverhead
  readonly emptyRoomBytes: number
  readonly chunkBytes: number
}

/** The room for chunks on a disc beside the future catalog. Throws `medium` if there is none. */
export async function discRoom(run: BackupRun): Promise<DiscRoom> {
  const { medium, options, set } = run
  const isEmpty = Object.values(passes).every((pass) => queueTotals(set.db, pass).items === 0)
  const mostPageBytes = hasPages(set, options) ? pageLimit(medium.capacityBytes) : 0
  if (medium.capacityBytes === Infinity || isEmpty) return roomWith(run, { catalogBytes: 0, pageBytes: 0 })
  const catalogBytes = bytesWithQueue(set.db)
  const ample = { catalogBytes, pageBytes: Math.min(mostPageBytes, catalogBytes) }
  if (run.redundancy === null && isRoomy(run, ample)) return roomWith(run, ample)
  return roomWith(run, await catalogBound(set, run.backup, run.jobs, chunkBytesOf(run), mostPageBytes))
}

/** Some chunks of a set in a store are here at a time. */
const chunkBytesOf = ({ options, copy }: BackupRun): number =>
  Math.min(options.chunkSizeBytes, copy ? Math.max(1e6, Math.floor(copy.stagingBytes / 4)) : Infinity)

interface CatalogTake {
  readonly catalogBytes: number
  readonly pageBytes: number
}

/**
 * Whether the next disc has room for twice the data. Then the exact size of the catalog does not matter, and
 * no trial catalog is needed.
 */
function isRoomy(run: BackupRun, taken: CatalogTake): boolean {
  const take = takeWith(run, taken)
  const empty = roomBytes(run.medium.capacityBytes, take)
  const open = openDiscOf(run, { take }, discRows(run.set.db).at(-1))
  const { bytes, items } = queueTotals(run.set.db, passes.files)
  const chunks = Math.ceil(bytes / chunkBytesOf(run)) + Math.ceil(items / 10_000)
  // Content as it is, headers, and manifest lines, in which each byte of a name may take six.
  const most = bytes * 1.02 + taken.catalogBytes * 8 + items * 2048 + chunks * 1e6
  return 2 * most < Math.min(empty, open?.roomBytes ?? empty)
}

function takeWith(run: BackupRun, { catalogBytes, pageBytes }: CatalogTake): DiscOverhead {
  const contents: DiscContents = {
    readmeBytes: readmeReserveBytes,
    scriptBytes: Buffer.byteLength(restoreScript()),
    catalogBytes,
    pageBytes,
  }
  return discOverhead(contents, run.medium.capacityBytes, run.redundancy)
}

function roomWith(run: BackupRun, taken: CatalogTake): DiscRoom {
  const { medium } = run
  const take = takeWith(run, taken)
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
  return { take, emptyRoomBytes, chunkBytes: chunkBytesOf(run) }
}

/** A disc with less room for chunks than this is useless. */
const minRoomBytes = 32_768

/**
 * Room at the end of a disc for the last records, so that they do not need another disc; at most 0.3 % of it.
 */
export function referencesReserve(run: BackupRun, references: number): number {
  if (references === 0 || run.medium.capacityBytes === Infinity) return 0
  return Math.min(16_384 + references * 1024, run.medium.capacityBytes * 0.003)
}

/** The last disc, if it is still in the destination, open, and of the same medium. */
export function openDiscOf(
  run: BackupRun,
  room: Pick<DiscRoom, 'take'>,
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
