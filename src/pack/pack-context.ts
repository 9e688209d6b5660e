/** The parts of the current chunk that packing an item needs, and the results for failed items. */

import type { SourceTree } from '../format/source-tree.ts'
import { systemCode, systemText } from '../errors.ts'
import type { ManifestLine } from '../format/manifest.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import type { ItemResult } from './protocol.ts'
import type { PackItem } from './item.ts'
import type { PieceReader } from './piece-source.ts'
import type { RunningHash } from './running-hash.ts'
import type { SeenContents } from './seen-contents.ts'

export interface PackContext {
  readonly source: SourceTree
  readonly hash: 'sha256' | 'sha512'
  readonly backup: number
  readonly chunk: number
  /** Another worker may have stored the part of a file before, so its hash begins anew. */
  readonly isAlone: boolean
  readonly writer: ChunkWriter
  readonly seen: SeenContents
  /** The hashes of split files whose parts this worker is storing, by content. */
  readonly running: Map<number, RunningHash>
  /** Hears of bytes of a large file while it is read. */
  readonly onRead: (bytes: number) => void
  readonly pieces: PieceReader
  readonly addLines: (lines: readonly ManifestLine[]) => void
}

export const changed = (item: PackItem): ItemResult => ({
  seq: item.seq,
  outcome: 'again',
  message: 'changed while it was read',
  bytes: 0,
})

export function readFailure(item: PackItem, error: unknown): ItemResult {
  const code = systemCode(error)
  const vanished = code === 'ENOENT' || code === 'ENOTDIR'
  const message = vanished
    ? 'vanished before it was read'
    : code === 'ELOOP'
      ? 'turned into a symbolic link'
      : `cannot read: ${systemText(error)}`
  return { seq: item.seq, outcome: 'failed', message, bytes: 0 }
}
