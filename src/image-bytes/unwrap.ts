/** Decompresses the bytes of an image from its beginning to its end. */

import { decodeLz4 } from '../compress/decode-lz4.ts'
import { decompress } from '../compress/decompress.ts'
import { gunzipMembers } from '../compress/gunzip-members.ts'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { checkBzip2 } from '../compress/bzip2-scan.ts'
import type { Compressed } from './image-bytes.ts'

type Bytes = AsyncIterable<Uint8Array>

export interface UnwrapOptions {
  /** The file, for messages. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
  /** For `lbzip2`. */
  readonly threads?: number
}

/** Throws `damaged` with the name of the file, after all good data. */
export async function* unwrap(
  input: Bytes,
  kind: Compressed,
  { name, signal, threads = 1 }: UnwrapOptions,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of unwrapped(input, kind, threads, signal)) {
      throwIfAborted(signal)
      yield bytes
    }
  } catch (error) {
    throw ofFile(error, name)
  }
}

function unwrapped(input: Bytes, kind: Compressed, threads: number, signal: AbortSignal | undefined): Bytes {
  switch (kind) {
    case 'gzip':
      return gunzipMembers(input)
    case 'zstd':
      return decompress(input, 'zstd', threads, signal)
    case 'xz':
      return decompress(input, 'xz', threads, signal)
    case 'lz4':
      return decodeLz4(input)
    case 'bzip2':
      return decompress(checkBzip2(input), 'bz2', threads, signal)
  }
}

/** Names the file in an error about its data. */
export function ofFile(error: unknown, name: string): unknown {
  if (!(error instanceof ButcherError) || error.path !== undefined) return error
  if (error.code !== 'damaged') return error
  return new ButcherError('damaged', `cannot read ${name}: ${error.message}`, { path: name, cause: error })
}
