/**
 * The bytes of an image: of a plain file, of split parts, of a compressed file, or of standard input. The
 * readers of partition images and the mounts see the unwrapped bytes only.
 */

import type { Report } from '../events.ts'

export type Compressed = 'gzip' | 'zstd' | 'xz' | 'lz4' | 'bzip2'
/** A ZIP archive holds one file. */
export type Wrapping = Compressed | 'zip'

export interface ImageBytes {
  /** Of the unwrapped bytes; undefined while it is not known. `prepare` finds it out. */
  readonly size: number | undefined
  readonly compressed: null | Wrapping
  /** The size of all files together; 0 for standard input. */
  readonly storedBytes: number
  readonly files: readonly string[]
  /** All unwrapped bytes. Of standard input only once. Throws `damaged` after all good data. */
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Makes the index or the cache that `readAt` needs, and reports its progress. Does nothing for plain files
   * and at a second call. Throws `damaged`, `no-space`, `io`, and `usage` for standard input.
   */
  prepare(): Promise<void>
  /** Reads unwrapped bytes. Returns their number, which is less than asked for only at the end. */
  readAt(offset: number, into: Uint8Array): Promise<number>
  /** The same without a promise. Of a compressed image it exists once `prepare` is done. */
  readonly readAtSync?: ((offset: number, into: Uint8Array) => number) | undefined
  close(): Promise<void>
}

export interface OpenBytesOptions {
  /** The folder for indexes and unwrapped images. The default is `$XDG_CACHE_HOME/butcher/images`. */
  readonly cacheDir?: string
  /** Stops `prepare`, and `stream` where it is given none of its own. */
  readonly signal?: AbortSignal
  readonly report?: Report
}

/** Random access to unwrapped bytes. */
export interface RandomAccess {
  /** Of the unwrapped bytes. */
  readonly size: number
  /** Returns the bytes that were read, which are fewer than asked for only at the end. */
  readAtSync(offset: number, into: Uint8Array): number
  close(): void
}
