/** What is taken of a disc: as it is reckoned with before it is filled, and as manifests tell of it. */

import {
  chunkExtraBytes,
  chunksBytes,
  type DiscContents,
  type DiscTake,
  plainTake,
} from '../disc/capacity.ts'
import type { DiscLine } from '../format/manifest.ts'
import { parityRoom } from '../parity/plan.ts'

/** With parity it is a bound, which finer blocks on a disc that is not full stay below. */
export function discTake(contents: DiscContents, capacityBytes: number, redundancy: number | null): DiscTake {
  const plain = plainTake(contents)
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

/** What a manifest says of it in the line of its chunk's own disc. */
export const takeFields = (take: DiscTake): Pick<DiscLine, 'overhead' | 'share' | 'extra'> => ({
  overhead: take.overheadBytes,
  ...(take.sharePpm === 0 ? {} : { share: take.sharePpm, extra: take.chunkExtraBytes }),
})

/** Undefined of a line that does not say it. */
export const takeOf = ({ overhead, share, extra }: DiscLine): DiscTake | undefined =>
  overhead === undefined
    ? undefined
    : { overheadBytes: overhead, chunkExtraBytes: extra ?? chunkExtraBytes, sharePpm: share ?? 0 }

/** Bytes taken of a disc with chunks of such sizes, by the line that says it. */
export function takenBytes(line: DiscLine, sizes: readonly number[]): number {
  const take = takeOf(line)
  return take === undefined ? 0 : take.overheadBytes + chunksBytes(sizes, take)
}
