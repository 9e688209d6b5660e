/** Random access to the unwrapped bytes of a compressed image. */

import os from 'node:os'
import type { Report } from '../events.ts'
import { showSize } from '../format/size-text.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { paced } from '../progress.ts'
import type { RandomAccess, Compressed } from './image-bytes.ts'
import type { StoredBytes } from './stored-parts.ts'
import { bzip2Restarts } from './bzip2-access.ts'
import { gzipRestarts } from './gzip-access.ts'
import { lz4Restarts } from './lz4-access.ts'
import type { Restarts } from './restarts.ts'
import { loadIndex, saveIndex } from './saved-index.ts'
import { readStretches } from './stretches.ts'
import { Windows } from './windows.ts'
import { unwrap } from './unwrap.ts'
import { xzRestarts } from './xz-access.ts'
import { readXzBlocks } from './xz-index.ts'
import { statedZstdSize, zstdRestarts } from './zstd-access.ts'
import { unwrapToCache } from './unwrapped-cache.ts'

export interface PrepareOptions {
  /** The file, for messages. */
  readonly name: string
  readonly cacheDir: string
  readonly signal: AbortSignal | undefined
  readonly report: Report
}

/** Throws `damaged` (without the name of the file), `no-space`, `io` or `aborted`. */
export async function makeRandomAccess(
  stored: StoredBytes,
  kind: Compressed,
  { name, cacheDir, signal, report }: PrepareOptions,
): Promise<RandomAccess> {
  const access = await byRestarts(stored, restartsOf(kind), () => reported(stored, report, signal), cacheDir)
  if (access !== undefined) return access
  const expected = expectedSize(stored, kind)
  report({ type: 'note', message: cacheNote(name, cacheDir, expected) })
  const bytes = unwrap(reported(stored, report, signal), kind, {
    name,
    signal,
    threads: os.availableParallelism(),
  })
  return unwrapToCache(bytes, cacheDir, expected)
}

/** The size of the unwrapped bytes, if the file states it. */
function expectedSize(stored: StoredBytes, kind: Compressed): number | undefined {
  if (kind === 'xz') return readXzBlocks(stored).reduce((sum, { size }) => sum + size, 0)
  return kind === 'zstd' ? statedZstdSize(stored) : undefined
}

function cacheNote(name: string, cacheDir: string, expected: number | undefined): string {
  const free = freeBytesIn(cacheDir)
  const room = Number.isFinite(free) ? `, where ${showSize(free)} are free` : ''
  const size = expected === undefined ? 'its size is not known' : `up to ${showSize(expected)}`
  return `${name} does not allow random access: butcher unwraps it once into ${cacheDir} (${size}${room})`
}

/** Undefined if there are not enough places at which decoding can begin. */
async function byRestarts<Point>(
  stored: StoredBytes,
  restarts: Restarts<Point>,
  input: () => AsyncIterable<Uint8Array>,
  cacheDir: string,
): Promise<RandomAccess | undefined> {
  const saved = loadIndex<Point>(stored, cacheDir)
  const windows = saved?.windows ?? new Windows(cacheDir)
  try {
    const stretches = saved?.stretches ?? (await restarts.find(stored, input, windows))
    if (stretches === undefined) {
      windows.close()
      return undefined
    }
    if (saved === undefined) saveIndex(stored, cacheDir, stretches, windows)
    const decode = await restarts.decoder(stored, stretches, windows)
    return readStretches(stretches, decode, () => windows.close())
  } catch (error) {
    windows.close()
    throw error
  }
}

function restartsOf(kind: Compressed): Restarts<never> {
  switch (kind) {
    case 'gzip':
      return gzipRestarts as Restarts<never>
    case 'lz4':
      return lz4Restarts as Restarts<never>
    case 'xz':
      return xzRestarts as Restarts<never>
    case 'zstd':
      return zstdRestarts as Restarts<never>
    case 'bzip2':
      return bzip2Restarts as Restarts<never>
  }
}

/** The stored bytes. Reports the progress of one pass over them. */
async function* reported(
  stored: StoredBytes,
  report: Report,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const progress = paced(report)
  const totalBytes = stored.size
  report({ type: 'stage', stage: 'index', totalBytes })
  let bytes = 0
  for await (const piece of stored.stream(signal)) {
    yield piece
    bytes += piece.length
    progress({ type: 'progress', stage: 'index', bytes, files: 0, totalBytes })
  }
}
