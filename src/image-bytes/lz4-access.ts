/** Random access to lz4: one pass decodes all blocks and notes where they begin. */

import { decodeLz4, decodeLz4Blocks, type Lz4BlockForm } from '../compress/decode-lz4.ts'
import type { Restarts } from './restarts.ts'
import { readStored, StretchBuilder } from './stretches.ts'
import type { WindowPlace } from './windows.ts'

interface Point {
  readonly frame: Lz4BlockForm
  readonly window: WindowPlace | undefined
}

export const lz4Restarts: Restarts<Point> = {
  find: async (stored, input, windows) => {
    const builder = new StretchBuilder<Point>()
    const decoded = decodeLz4(input(), ({ at, frame, isFirst, window }) => {
      if (isFirst || builder.isDue) builder.begin(at, { frame: formOf(frame), window: windows.add(window) })
    })
    for await (const bytes of decoded) builder.take(bytes)
    return builder.stretches(stored.size)
  },
  decoder: async (stored, stretches, windows) => (i, length) => {
    const { frame, window } = stretches.points[i] as Point
    return decodeLz4Blocks(readStored(stored, stretches, i), frame, windows.get(window), length)
  },
}

const formOf = ({ blockBytes, isLinked, isLegacy, hasBlockChecksums }: Lz4BlockForm): Lz4BlockForm => ({
  blockBytes,
  isLinked,
  isLegacy,
  hasBlockChecksums,
})
