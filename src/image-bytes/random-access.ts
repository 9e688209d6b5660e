/** Random access to the unwrapped bytes of a compressed image. */

import os from 'node:os'
import type { Report } from '../events.ts'
import { showSize } from '../format/size-text.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { paced } from '../progress.ts'
import type { RandomAccess, Wrapping } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'
import { indexBzip2 } from './bzip2-access.ts'
import { indexGzip } from './gzip-access.ts'
import { indexLz4 } from './lz4-access.ts'
import { unwrap } from './unwrap.ts'
import { indexXz } from './xz-access.ts'
import { readXzBlocks } from './xz-index.ts'
import { indexZstd, statedZstdSize } from './zstd-access.ts'
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
  stored: StoredParts,
  kind: Wrapping,
  { name, cacheDir, signal, report }: PrepareOptions,
): Promise<RandomAccess> {
  const access = await index(stored, kind, () => reported(stored, report, signal), cacheDir)
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
function expectedSize(stored: StoredParts, kind: Wrapping): number | undefined {
  if (kind === 'xz') return readXzBlocks(stored).reduce((sum, { size }) => sum + size, 0)
  return kind === 'zstd' ? statedZstdSize(stored) : undefined
}

function cacheNote(name: string, cacheDir: string, expected: number | undefined): string {
  const free = freeBytesIn(cacheDir)
  const room = Number.isFinite(free) ? `, where ${showSize(free)} are free` : ''
  const size = expected === undefined ? 'its size is not known' : `up to ${showSize(expected)}`
  return `${name} does not allow random access: butcher unwraps it once into ${cacheDir} (${size}${room})`
}

/** Undefined if there are not enough places of which decoding can begin. */
async function index(
  stored: StoredParts,
  kind: Wrapping,
  input: () => AsyncIterable<Uint8Array>,
  cacheDir: string,
): Promise<RandomAccess | undefined> {
  switch (kind) {
    case 'gzip':
      return indexGzip(stored, input(), cacheDir)
    case 'lz4':
      return indexLz4(stored, input(), cacheDir)
    case 'xz':
      return indexXz(stored)
    case 'zstd':
      return indexZstd(stored, input)
    case 'bzip2':
      return indexBzip2(stored, input())
  }
}

/** The stored bytes. Reports the progress of one pass over them. */
export async function* reported(
  stored: StoredParts,
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
