/** Random access to xz: by blocks. `xz -T` and pixz write many, `xz` alone one. */

import { unxzBlock } from '../compress/decompress.ts'
import type { Restarts } from './restarts.ts'
import { mostStretchBytes } from './stretches.ts'
import { asXzStream, padded, readXzBlocks, type XzBlock } from './xz-index.ts'

export const xzRestarts: Restarts<XzBlock> = {
  find: async (stored) => {
    const blocks = readXzBlocks(stored).filter(({ size }) => size > 0)
    const starts: number[] = []
    let size = 0
    for (const block of blocks) {
      if (block.size > mostStretchBytes || block.unpaddedBytes > mostStretchBytes) return undefined
      starts.push(size)
      size += block.size
    }
    return { size, starts, offsets: [], points: blocks, checksums: undefined }
  },
  decoder:
    async (stored, { points }) =>
    (i, length) => {
      const block = points[i] as XzBlock
      const bytes = Buffer.allocUnsafeSlow(padded(block.unpaddedBytes))
      stored.readSync(block.offset, bytes)
      return unxzBlock(asXzStream(bytes, block), length)
    },
}
