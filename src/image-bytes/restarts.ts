/** A compressed format in which decoding can begin at many places. */

import type { StoredBytes } from './stored-parts.ts'
import type { Stretches } from './stretches.ts'
import type { Windows } from './windows.ts'

export interface Restarts<Point> {
  /**
   * Finds the places. `input` makes a pass over the stored bytes. Undefined if there are too few places.
   * Throws `damaged`, `io` and `no-space`.
   */
  find(
    stored: StoredBytes,
    input: () => AsyncIterable<Uint8Array>,
    windows: Windows,
  ): Promise<Stretches<Point> | undefined>
  /** A function that decodes stretch `i` of `length` bytes. It throws `damaged` and `io`. */
  decoder(
    stored: StoredBytes,
    stretches: Stretches<Point>,
    windows: Windows,
  ): Promise<(i: number, length: number) => Buffer>
}
