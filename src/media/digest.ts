/** The result of reading one file of a disc. */

import { createHash } from 'node:crypto'
import { type BadRange, type DiscReader, isBad } from './disc-reader.ts'

export interface Digest {
  /** The bytes read, without the unreadable ones. */
  readonly bytes: number
  /** In hex; undefined if some of the file is unreadable. */
  readonly sha256: string | undefined
  readonly bad: readonly BadRange[]
}

/** Bounds memory on a badly scratched medium: later ranges are joined to the last one. */
const mostRanges = 10_000

/** Reads a file once. `onBytes` gets the progress, and may throw. */
export async function digestOf(
  reader: DiscReader,
  name: string,
  onBytes: (bytes: number) => void,
  keep?: (piece: Uint8Array) => void,
): Promise<Digest> {
  const hash = createHash('sha256')
  const bad: BadRange[] = []
  let bytes = 0
  for await (const piece of reader.read(name)) {
    if (isBad(piece)) {
      const last = bad.at(-1)
      if (last && bad.length >= mostRanges) {
        bad[bad.length - 1] = { ...last, sizeBytes: piece.offset + piece.sizeBytes - last.offset }
      } else {
        bad.push(piece)
      }
      onBytes(piece.sizeBytes)
      continue
    }
    hash.update(piece)
    keep?.(piece)
    bytes += piece.length
    onBytes(piece.length)
  }
  return { bytes, sha256: bad.length === 0 ? hash.digest('hex') : undefined, bad }
}
