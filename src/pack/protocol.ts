/** The messages between the scheduler and its worker threads. */

import type { EncryptionKeys } from '../crypto/encrypt.ts'
import type { Compression } from '../format/layout.ts'
import type { PlainError } from '../threads/plain-error.ts'
import type { HashedPieces } from './hash-pieces.ts'
import type { ItemBatch } from './item-batch.ts'
import type { RawFile } from './piece-source.ts'
import type { FileIdentity } from './source-file.ts'
import type { ManifestLine } from '../format/manifest.ts'
import type { SourceTree } from '../format/source-tree.ts'

/** A worker gets this when it starts. */
export interface WorkerSetup {
  readonly source: SourceTree
  /** The source is this one file. */
  readonly raw: RawFile | undefined
  readonly hash: 'sha256' | 'sha512'
  readonly jobs: number
  readonly keys: EncryptionKeys | undefined
  /** The contents that this run has stored, shared by all workers: see `seen-contents.ts`. */
  readonly seen: SharedArrayBuffer
  /** Not 0: workers add nothing more to their chunks. */
  readonly stop: Int32Array
}

export interface ChunkOrder {
  readonly chunk: number
  readonly disc: number
  readonly backup: number
  readonly name: string
  readonly compression: Compression
  /** Segments that are compressed in parallel. */
  readonly parallelism: number
  /** The temporary and final paths of the chunk and of its journal record. */
  readonly newPath: string
  readonly finalPath: string
  readonly newJournalPath: string
  readonly journalPath: string
  /** The first lines of the manifest. */
  readonly head: readonly ManifestLine[]
}

/** A file as the walk saw it. If it has changed, it gets no hash. */
export interface HashOrder extends FileIdentity {
  readonly seq: number
  readonly path: string
}

export type ToWorker =
  /** With `probe`, the hash of each file's beginning. */
  | { readonly do: 'hash'; readonly probe: boolean; readonly files: readonly HashOrder[] }
  /** The hashes of the file and of its pieces. */
  | { readonly do: 'pieces'; readonly file: HashOrder }
  | { readonly do: 'open'; readonly order: ChunkOrder }
  /** With `flush`, the answer has the exact stored size. */
  | { readonly do: 'add'; readonly items: ItemBatch; readonly flush: boolean }
  /** `lines` end the manifest. */
  | { readonly do: 'seal'; readonly lines: readonly ManifestLine[] }
  /** Drops the current chunk. */
  | { readonly do: 'drop' }

export interface ItemResult {
  readonly seq: number
  /**
   * `again`: the file does not match the item. `copied`: the item refers to a content of this chunk. `copy`:
   * another chunk has, or will have, the content. For `again` and `copy`, nothing is recorded.
   */
  readonly outcome: 'stored' | 'copied' | 'copy' | 'failed' | 'again'
  /** For a copy: lower-case hex. */
  readonly hash?: string
  /** The reason of a failure, or a warning about a stored item. */
  readonly message?: string
  /** More parts of the file follow. */
  readonly partial?: boolean
  readonly bytes: number
}

export type FromWorker =
  | {
      readonly did: 'hash'
      readonly digests: readonly { seq: number; probe: boolean; digest?: Uint8Array }[]
    }
  /** Undefined `pieces`: the file changed, or cannot be read. */
  | {
      readonly did: 'pieces'
      readonly seq: number
      readonly pieces: HashedPieces | undefined
      readonly message?: string
    }
  | { readonly did: 'progress'; readonly bytes: number; readonly files: number }
  | {
      readonly did: 'add'
      /** The number of items done, from the front of the batch: fewer than all if the run is stopped. */
      readonly packed: number
      /** The items that are not simply stored, by their index in the batch. */
      readonly results: ReadonlyMap<number, ItemResult>
      /** The bytes of all items done. */
      readonly bytes: number
      /** Whether `storedBytes` counts everything so far. */
      readonly flushed: boolean
      readonly storedBytes: number
      readonly manifestBytes: number
    }
  | { readonly did: 'seal'; readonly bytes: number; readonly sha256: string; readonly manifest: Uint8Array }
  | { readonly did: 'drop' }
  | { readonly did: 'fail'; readonly error: PlainError }
