/** Records in the catalog how full the discs are after a run has packed. */

import { chunkRows, discRows, recordDisc } from '../../catalog/set-rows.ts'
import { highest } from '../../catalog/working-catalog.ts'
import { chunksBytes } from '../../disc/capacity.ts'
import type { PackResult } from '../../pack/pack-result.ts'
import type { BackupRun } from './backup-run.ts'
import type { DiscRoom } from './disc-room.ts'

export function recordFill({ set, redundancy }: BackupRun, packed: PackResult, room: DiscRoom): void {
  const last = highest(set.db, 'disc')
  // Without a new chunk, discs stay as the previous run left or planned them.
  const noted = packed.chunks > 0 ? room.take : set.journal.take
  for (const row of discRows(set.db)) {
    const isFull = packed.fullDiscs.includes(row.number) || row.number < last
    const stored = chunkRows(set.db, row.number).map(({ bytes }) => bytes)
    const isOfRun = (row.state === 'open' && noted !== undefined) || packed.discs.includes(row.number)
    if (!isOfRun && row.bytes !== null) continue
    const take = noted ?? room.take
    // An open disc with another redundancy is not continued, and its used bytes stay.
    const isOther = row.bytes !== null && row.redundancy !== redundancy
    const taken = isOther ? row.bytes : take.overheadBytes + chunksBytes(stored, take)
    recordDisc(set.db, row.number, taken, isFull ? 'sealed' : 'open')
  }
}
