/** The bytes of an image file. */

import fs from 'node:fs'
import { asButcherError } from '../errors.ts'

export interface ImageBytes {
  /** Of the unwrapped bytes, if known. */
  readonly size: number | undefined
  readonly compressed: null | 'gzip' | 'zstd' | 'xz' | 'lz4' | 'bzip2'
  readonly storedBytes: number
  readonly files: readonly string[]
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Returns the number of bytes read, fewer only at the end. */
  readAt(offset: number, into: Uint8Array): Promise<number>
  /** Plain files only. */
  readonly readAtSync?: (offset: number, into: Uint8Array) => number
  close(): Promise<void>
}

export async function openPlain(path: string): Promise<ImageBytes> {
  let file: fs.promises.FileHandle
  let size: number
  try {
    file = await fs.promises.open(path)
    size = (await file.stat()).size
  } catch (error) {
    throw asButcherError(error, 'cannot read', path)
  }
  const { fd } = file
  return {
    size,
    compressed: null,
    storedBytes: size,
    files: [path],
    stream: () => file.createReadStream({ start: 0, autoClose: false }),
    readAt: async (offset, into) => (await file.read(into, 0, into.length, offset)).bytesRead,
    readAtSync: (offset, into) => fs.readSync(fd, into, 0, into.length, offset),
    close: () => file.close(),
  }
}
