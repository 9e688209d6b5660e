/** Random access to xz: by blocks. `xz -T` and pixz write many, `xz` alone one. */

import { unxzBlock } from '../compress/decompress.ts'
import type { RandomAccess } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'
import { mostStretchBytes, readStretches } from './stretches.ts'
import { asXzStream, padded, readXzBlocks, type XzBlock } from './xz-index.ts'

/** Undefined if a block is too large. Throws `damaged` and `io`. */
export function indexXz(stored: StoredParts): RandomAccess | undefined {
  const blocks = readXzBlocks(stored).filter(({ size }) => size > 0)
  const starts: number[] = []
  let size = 0
  for (const block of blocks) {
    if (block.size > mostStretchBytes || block.unpaddedBytes > mostStretchBytes) return undefined
    starts.push(size)
    size += block.size
  }
  const stretches = { size, starts, offsets: [], points: blocks, checksums: undefined }
  return readStretches(stretches, (i, length) => {
    const block = blocks[i] as XzBlock
    const bytes = Buffer.allocUnsafeSlow(padded(block.unpaddedBytes))
    stored.readSync(block.offset, bytes)
    return unxzBlock(asXzStream(bytes, block), length)
  })
}
