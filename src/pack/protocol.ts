/** What the scheduler and its worker threads say to each other. */

import type { EncryptionKeys } from '../crypto/encrypt.ts'
import type { Compression } from '../format/layout.ts'
import type { ItemBatch } from './item-batch.ts'
import type { FileIdentity } from './source-file.ts'
import type { EntryType, ManifestLine } from '../format/manifest.ts'

/** Given to a worker when it starts. */
export interface WorkerSetup {
  readonly source: string
  readonly hash: 'sha256' | 'sha512'
  readonly jobs: number
  readonly keys: EncryptionKeys | undefined
  /** What all workers know of what the run has stored: see `seen-contents.ts`. */
  readonly seen: SharedArrayBuffer
  /** Not 0 once nothing more is to be added to a chunk. */
  readonly stop: Int32Array
}

export interface ChunkOrder {
  readonly chunk: number
  readonly disc: number
  readonly backup: number
  readonly name: string
  readonly compression: Compression
  /** Segments that are compressed side by side. */
  readonly parallelism: number
  /** Where the chunk is written, its final name, and the same of its journal record. */
  readonly newPath: string
  readonly finalPath: string
  readonly newJournalPath: string
  readonly journalPath: string
  /** The first lines of the manifest. */
  readonly head: readonly ManifestLine[]
}

/** One thing to put into a chunk. */
export interface PackItem {
  /** The scheduler's number of the item. */
  readonly seq: number
  readonly path: string
  readonly type: EntryType
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
  readonly size: number
  readonly link: string | null
  readonly device: string | null
  /** As in `format/attributes.ts`. */
  readonly attributes: string | null
  /** The name of its member, for parts without their suffix. */
  readonly member: string
  /** The number under which a file's content is stored. */
  readonly content: number
  /** Stored even where another file of the run has the same content. */
  readonly mustStore?: boolean
  /** Whether the file has holes. */
  readonly sparse?: boolean
  /** Of a file that is stored without its holes. */
  readonly room?: SparseRoom
  /** One part of a file that is split. */
  readonly part?: PartOrder
  /** Nothing to store: lines for the manifest alone. */
  readonly record?: readonly ManifestLine[]
}

/** What a file without its holes may take at the most. */
export interface SparseRoom {
  readonly dataBytes: number
  readonly mapBytes: number
}

/** `offset` and `size` are of the file's content; of a file that is stored without its holes, of its data. */
export interface PartOrder {
  readonly part: number
  readonly parts: number
  readonly offset: number
  readonly size: number
  /** Parts stored by an earlier run, whose bytes must still be in the file. */
  readonly before?: readonly StoredPart[]
}

export interface StoredPart {
  readonly part: number
  readonly offset: number
  readonly size: number
  /** Lower-case hex. */
  readonly hash: string
}

/** A file as the walk saw it: one that is another by now gets no hash. */
export interface HashOrder extends FileIdentity {
  readonly seq: number
  readonly path: string
}

export type ToWorker =
  /** With `probe` the hash of each file's beginning. */
  | { readonly do: 'hash'; readonly probe: boolean; readonly files: readonly HashOrder[] }
  | { readonly do: 'open'; readonly order: ChunkOrder }
  /** With `flush` the answer tells the stored size to the byte. */
  | { readonly do: 'add'; readonly items: ItemBatch; readonly flush: boolean }
  /** `lines` end the manifest. */
  | { readonly do: 'seal'; readonly lines: readonly ManifestLine[] }
  /** Drops the chunk in work. */
  | { readonly do: 'drop' }

export interface ItemResult {
  readonly seq: number
  /**
   * `again`: the file is another than the one the item describes, and nothing of it is recorded. `copied`: it refers to a
   * content of the same chunk. `copy`: another chunk has its content, or will; nothing of it is recorded.
   */
  readonly outcome: 'stored' | 'copied' | 'copy' | 'failed' | 'again'
  /** Of a copy: lower-case hex. */
  readonly hash?: string
  /** Why it failed; or, of what is stored, what the user should know. */
  readonly message?: string
  /** More parts of the file are to come. */
  readonly partial?: boolean
  readonly bytes: number
}

export type FromWorker =
  | {
      readonly did: 'hash'
      readonly digests: readonly { seq: number; probe: boolean; digest?: Uint8Array }[]
    }
  | { readonly did: 'progress'; readonly bytes: number; readonly files: number }
  | {
      readonly did: 'add'
      /** So many of the batch are done, from its front: fewer than all where the run is stopped. */
      readonly packed: number
      /** Of those items that are not just stored, by their place in the batch. */
      readonly results: ReadonlyMap<number, ItemResult>
      /** Of all of them. */
      readonly bytes: number
      /** Whether `storedBytes` counts everything so far. */
      readonly flushed: boolean
      readonly storedBytes: number
      readonly manifestBytes: number
    }
  | { readonly did: 'seal'; readonly bytes: number; readonly sha256: string; readonly manifest: Uint8Array }
  | { readonly did: 'drop' }
  | {
      readonly did: 'fail'
      readonly code: string
      readonly message: string
      readonly path?: string
      readonly hint?: string
    }
