/**
 * Random access to gzip: one pass finds places of which zlib can begin again, about one a MiB. `pigz
 * --rsyncable` marks such places. In other files they are the beginnings of deflate blocks.
 */

import zlib from 'node:zlib'
import { type DeflatePlace, inflateFrom, restartAt } from '../compress/deflate-restart.ts'
import { type GzipPoint, gunzipMembers } from '../compress/gunzip-members.ts'
import { ButcherError, systemText } from '../errors.ts'
import type { RandomAccess } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'
import { readStretches, StretchBuilder } from './stretches.ts'
import { type WindowPlace, Windows } from './windows.ts'

interface Point {
  readonly kind: GzipPoint['kind']
  readonly place: DeflatePlace
  readonly window: WindowPlace | undefined
}

/** Undefined if there are too few places. Throws `damaged`, `io` and `no-space`. */
export async function indexGzip(
  stored: StoredParts,
  input: AsyncIterable<Uint8Array>,
  cacheDir: string,
): Promise<RandomAccess | undefined> {
  const windows = new Windows(cacheDir)
  const builder = new StretchBuilder<Point>()
  try {
    const points = {
      isDue: () => builder.isDue,
      found: ({ kind, place, window }: GzipPoint) => {
        // A restart in a member decodes to the end of that member and not further.
        if (kind === 'member' && builder.last?.kind === 'member' && !builder.isDue) return
        builder.begin(place.byte, { kind, place, window: windows.add(window) })
      },
    }
    for await (const bytes of gunzipMembers(input, points)) {
      builder.take(bytes)
      if (builder.isTooLong) break
    }
    const stretches = builder.isTooLong ? undefined : builder.stretches(stored.size)
    if (stretches === undefined) {
      windows.close()
      return undefined
    }
    const decode = (i: number, length: number): Buffer => {
      const point = stretches.points[i] as Point
      return inflateStretch(stored, point, stretches.points[i + 1]?.place, windows.get(point.window), length)
    }
    return readStretches(stretches, decode, () => windows.close())
  } catch (error) {
    windows.close()
    throw error
  }
}

function inflateStretch(
  stored: StoredParts,
  { kind, place }: Point,
  next: DeflatePlace | undefined,
  window: Buffer,
  length: number,
): Buffer {
  const end = next === undefined ? stored.size : next.byte + (next.bit > 0 ? 1 : 0)
  const data = Buffer.allocUnsafeSlow(end - place.byte)
  stored.readSync(place.byte, data)
  try {
    if (kind === 'deflate') return inflateFrom(restartAt(place, data), window, length)
    return zlib.gunzipSync(data, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: Math.max(64, length + 1),
      maxOutputLength: Math.max(1, length),
    })
  } catch (error) {
    throw new ButcherError('damaged', `the gzip data is damaged: ${systemText(error)}`, { cause: error })
  }
}
