/** Random access to lz4: one pass decodes all blocks and notes where they begin. */

import { decodeLz4, decodeLz4Blocks, type Lz4Frame } from '../compress/decode-lz4.ts'
import type { RandomAccess } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'
import { readStored, readStretches, StretchBuilder } from './stretches.ts'
import { type WindowPlace, Windows } from './windows.ts'

interface Point {
  readonly frame: Lz4Frame
  readonly window: WindowPlace | undefined
}

/** Undefined if the file is mostly empty blocks. Throws `damaged`, `io` and `no-space`. */
export async function indexLz4(
  stored: StoredParts,
  input: AsyncIterable<Uint8Array>,
  cacheDir: string,
): Promise<RandomAccess | undefined> {
  const windows = new Windows(cacheDir)
  const builder = new StretchBuilder<Point>()
  try {
    const decoded = decodeLz4(input, ({ at, frame, isFirst, window }) => {
      if (isFirst || builder.isDue) builder.begin(at, { frame, window: windows.add(window) })
    })
    for await (const bytes of decoded) builder.take(bytes)
    const stretches = builder.stretches(stored.size)
    if (stretches === undefined) {
      windows.close()
      return undefined
    }
    const decode = (i: number, length: number): Buffer => {
      const { frame, window } = stretches.points[i] as Point
      return decodeLz4Blocks(readStored(stored, stretches, i), frame, windows.get(window), length)
    }
    return readStretches(stretches, decode, () => windows.close())
  } catch (error) {
    windows.close()
    throw error
  }
}
