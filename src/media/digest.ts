/** What one file of a disc turned out to be. */

import { createHash } from 'node:crypto'
import { type BadRange, type DiscReader, isBad } from './disc-reader.ts'

export interface Digest {
  /** Read, without what could not be. */
  readonly bytes: number
  /** In hex; undefined where some of the file cannot be read. */
  readonly sha256: string | undefined
  readonly bad: readonly BadRange[]
}

/** A medium that is all scratches does not fill the memory: ranges after the last one kept are joined to it. */
const mostRanges = 10_000

/** Reads a file once. `onBytes` is told of progress, and may throw. */
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
