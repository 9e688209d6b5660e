/** How many discs content takes that does not compress. */

import { discRows } from '../../catalog/set-rows.ts'
import type { BackupRun } from './backup-run.ts'
import type { RoomNeeded } from './check-room.ts'
import { type DiscRoom, openDiscOf } from './disc-room.ts'

/**
 * Discs that begin for so many bytes behind the room of the one that is open; 0 for a medium without limit.
 */
export function furtherDiscs(bytes: number, emptyRoomBytes: number, openRoomBytes: number): number {
  if (emptyRoomBytes === Infinity) return 0
  return Math.ceil(Math.max(0, bytes - Math.max(0, openRoomBytes)) / emptyRoomBytes)
}

/** The room that a run needs in its destination for so many bytes of chunks. */
export function roomNeeded(run: BackupRun, room: DiscRoom, bytes: number): RoomNeeded {
  const { options, medium, set, folders } = run
  const open = openDiscOf(run, room, discRows(set.db).at(-1))
  return {
    source: options.source,
    destination: options.destination,
    medium,
    emptyRoomBytes: room.emptyRoomBytes,
    bytes,
    discs: furtherDiscs(bytes, room.emptyRoomBytes, open?.roomBytes ?? 0),
    maxDiscs: options.maxDiscs ?? Infinity,
    dryRun: folders === undefined,
  }
}
