/** What of a disc is left for chunks. */

import { chunkRows, type DiscRow, discRows } from '../../catalog/set-rows.ts'
import { passes, queueTotals } from '../../catalog/work-queue.ts'
import { type Catalog, pageCount } from '../../catalog/working-catalog.ts'
import { type DiscContents, type DiscTake, roomBytes } from '../../disc/capacity.ts'
import { readmeReserveBytes } from '../../disc/readme.ts'
import { restoreScript } from '../../disc/restore-script.ts'
import { ButcherError } from '../../errors.ts'
import { showSize } from '../../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import { catalogBound } from './catalog-bound.ts'
import { hasPages, pageLimit } from './disc-page.ts'
import { discTake } from '../../set/disc-take.ts'

export interface DiscRoom {
  readonly take: DiscTake
  readonly emptyRoomBytes: number
  readonly chunkBytes: number
}

/** What of a disc is left for chunks, with the catalog as it will be. Throws `medium` where that is nothing. */
export async function discRoom(run: BackupRun): Promise<DiscRoom> {
  const { medium, options, set } = run
  const isEmpty = Object.values(passes).every((pass) => queueTotals(set.db, pass).items === 0)
  const mostPageBytes = hasPages(set, options) ? pageLimit(medium.capacityBytes) : 0
  if (medium.capacityBytes === Infinity || isEmpty) return roomWith(run, { catalogBytes: 0, pageBytes: 0 })
  const catalogBytes = plainBytes(set.db)
  const ample = { catalogBytes, pageBytes: Math.min(mostPageBytes, catalogBytes) }
  if (run.redundancy === null && isRoomy(run, ample)) return roomWith(run, ample)
  return roomWith(run, await catalogBound(set, run.backup, run.jobs, chunkBytesOf(run), mostPageBytes))
}

const chunkBytesOf = ({ options }: BackupRun): number => options.chunkSizeBytes

interface CatalogTake {
  readonly catalogBytes: number
  readonly pageBytes: number
}

/** Catalog and queue as they are, which is more than they take once they are one, and packed. */
function plainBytes(db: Catalog): number {
  const pages = pageCount(db) + (db.pragma('work.page_count', { simple: true }) as number)
  return pages * (db.pragma('page_size', { simple: true }) as number)
}

/**
 * Whether the disc that is next would hold everything twice. Then nothing depends on what exactly the catalog takes, and none has
 * to be made to find out.
 */
function isRoomy(run: BackupRun, taken: CatalogTake): boolean {
  const take = takeWith(run, taken)
  const empty = roomBytes(run.medium.capacityBytes, take)
  const open = openDiscOf(run, { take }, discRows(run.set.db).at(-1))
  const { bytes, items } = queueTotals(run.set.db, passes.files)
  const chunks = Math.ceil(bytes / chunkBytesOf(run)) + Math.ceil(items / 10_000)
  // Content as it is, heads, and lines of the manifest in which each byte of a name may be six.
  const most = bytes * 1.02 + taken.catalogBytes * 8 + items * 2048 + chunks * 1e6
  return 2 * most < Math.min(empty, open?.roomBytes ?? empty)
}

function takeWith(run: BackupRun, { catalogBytes, pageBytes }: CatalogTake): DiscTake {
  const contents: DiscContents = {
    readmeBytes: readmeReserveBytes,
    scriptBytes: Buffer.byteLength(restoreScript()),
    catalogBytes,
    pageBytes,
  }
  return discTake(contents, run.medium.capacityBytes, run.redundancy)
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
