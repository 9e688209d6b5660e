/**
 * Random access to gzip: one pass finds places of which zlib can begin again, about one a MiB. `pigz
 * --rsyncable` marks such places. In other files they are the beginnings of deflate blocks.
 */

import zlib from 'node:zlib'
import { type DeflatePlace, inflateFrom, restartAt } from '../compress/deflate-restart.ts'
import { type GzipPoint, gunzipMembers } from '../compress/gunzip-members.ts'
import { ButcherError, systemText } from '../errors.ts'
import type { Restarts } from './restarts.ts'
import type { StoredBytes } from './stored-parts.ts'
import { StretchBuilder } from './stretches.ts'
import type { WindowPlace } from './windows.ts'

interface Point {
  readonly kind: GzipPoint['kind']
  readonly place: DeflatePlace
  readonly window: WindowPlace | undefined
}

export const gzipRestarts: Restarts<Point> = {
  find: async (stored, input, windows) => {
    const builder = new StretchBuilder<Point>()
    const points = {
      isDue: () => builder.isDue,
      found: ({ kind, place, window }: GzipPoint) => {
        // A restart in a member decodes to the end of that member and not further.
        if (kind === 'member' && builder.last?.kind === 'member' && !builder.isDue) return
        builder.begin(place.byte, { kind, place, window: windows.add(window) })
      },
    }
    for await (const bytes of gunzipMembers(input(), points)) {
      builder.take(bytes)
      if (builder.isTooLong) return undefined
    }
    return builder.stretches(stored.size)
  },
  decoder:
    async (stored, { points }, windows) =>
    (i, length) => {
      const point = points[i] as Point
      return inflateStretch(stored, point, points[i + 1]?.place, windows.get(point.window), length)
    },
}

function inflateStretch(
  stored: StoredBytes,
  { kind, place }: Point,
  next: DeflatePlace | undefined,
  window: Buffer,
  length: number,
): Buffer {
  const end = next === undefined ? stored.size : next.byte + (next.bit > 0 ? 1 : 0)
  const data = Buffer.allocUnsafeSlow(end - place.byte)
  stored.readSync(place.byte, data)
  try {
    if (kind === 'deflate') return inflateAt(place, data, window, length)
    return zlib.gunzipSync(data, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: Math.max(64, length + 1),
      maxOutputLength: Math.max(1, length),
    })
  } catch (error) {
    throw new ButcherError('damaged', `the gzip data is damaged: ${systemText(error)}`, { cause: error })
  }
}

function inflateAt(place: DeflatePlace, data: Buffer, window: Buffer, length: number): Buffer {
  try {
    return inflateFrom(restartAt(place, data), window, length)
  } catch (error) {
    if (!place.isStored) throw error
    return inflateFrom(restartAt(place, data, true), window, length)
  }
}
