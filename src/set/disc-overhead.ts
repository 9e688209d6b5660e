/** Bytes of a disc that are not chunks: as planned before it is filled, and as manifests record them. */

import {
  chunkExtraBytes,
  chunksBytes,
  type DiscContents,
  type DiscOverhead,
  plainOverhead,
} from '../disc/capacity.ts'
import type { DiscLine } from '../format/manifest.ts'
import { parityRoom } from '../parity/plan.ts'

/** With parity this is an upper bound: a disc that is not full has finer blocks and needs less. */
export function discOverhead(
  contents: DiscContents,
  capacityBytes: number,
  redundancy: number | null,
): DiscOverhead {
  const plain = plainOverhead(contents)
  if (redundancy === null) return plain
  const { readmeBytes, scriptBytes, catalogBytes, pageBytes = 0 } = contents
  const otherBytes = readmeBytes + scriptBytes + catalogBytes + pageBytes
  const parity = parityRoom(capacityBytes, redundancy, otherBytes)
  return {
    overheadBytes: plain.overheadBytes + parity.overheadBytes + (pageBytes > 0 ? parity.chunkExtraBytes : 0),
    chunkExtraBytes: plain.chunkExtraBytes + parity.chunkExtraBytes,
    sharePpm: parity.sharePpm,
  }
}

/** The fields in a manifest's line about the chunk's own disc. */
export const overheadFields = (take: DiscOverhead): Pick<DiscLine, 'overhead' | 'share' | 'extra'> => ({
  overhead: take.overheadBytes,
  ...(take.sharePpm === 0 ? {} : { share: take.sharePpm, extra: take.chunkExtraBytes }),
})

/** Undefined if the line does not have the fields. */
export const overheadOf = ({ overhead, share, extra }: DiscLine): DiscOverhead | undefined =>
  overhead === undefined
    ? undefined
    : { overheadBytes: overhead, chunkExtraBytes: extra ?? chunkExtraBytes, sharePpm: share ?? 0 }

/** Bytes used on a disc with chunks of these sizes, by the overhead in its line. */
export function usedBytes(line: DiscLine, sizes: readonly number[]): number {
  const take = overheadOf(line)
  return take === undefined ? 0 : take.overheadBytes + chunksBytes(sizes, take)
}
