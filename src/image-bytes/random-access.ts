/** Random access to the unwrapped bytes of a compressed image. */

import type { Report } from '../events.ts'
import { showSize } from '../format/size-text.ts'
import { paced } from '../progress.ts'
import type { RandomAccess, Wrapping } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'
import { unwrap } from './unwrap.ts'
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
  const input = reported(stored, report, signal)
  report({
    type: 'note',
    message: `${name} does not allow random access: butcher unwraps it once into ${cacheDir} (${showSize(stored.size)} compressed)`,
  })
  return unwrapToCache(unwrap(input, kind, { name, signal }), cacheDir)
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
