/** An image that an earlier run left with gaps, and the map of them: a second run reads only the gaps. */

import fs from 'node:fs'
import type { Device } from '../../device/device.ts'
import { fillFrom } from './fill-pieces.ts'
import { openImageSource } from './image-source.ts'
import { readImageRecord } from '../../device/side-cars.ts'
import { ButcherError, systemCode } from '../../errors.ts'
import { parseSectorMap } from '../../format/sector-map.ts'

interface Range {
  readonly offset: number
  readonly sizeBytes: number
}

export interface EarlierImage {
  /**
   * Called for each piece in order. Fills the sound parts of `into` from the image; resolves with the ranges
   * that the disk has to give.
   */
  readonly fill: (into: Uint8Array, offset: number) => Promise<readonly Range[]>
  readonly close: () => Promise<void>
}

/** undefined: there is no image yet. Throws `exists` if there is one that this run cannot complete. */
export async function openEarlierImage(
  image: string,
  map: string | undefined,
  device: Device,
  signal: AbortSignal | undefined,
): Promise<EarlierImage | undefined> {
  if (!fs.existsSync(image)) return undefined
  if (map === undefined) {
    throw new ButcherError('exists', `${image} exists already`, {
      path: image,
      hint: 'choose another name, or remove it first',
    })
  }
  const record = readImageRecord(image)
  const bad = readMap(map, device.bytes)
  if (!bad || record?.device_bytes !== device.bytes || record.serial !== device.serial) {
    throw new ButcherError(
      'exists',
      `${image} exists already, and ${map} is not the map of it and this disk`,
      {
        path: image,
        hint: 'choose another name, or remove it first',
      },
    )
  }
  const source = await openImageSource(image, { signal })
  const pieces = fillFrom(source, signal)
  return {
    fill: async (into, offset) => {
      await pieces.fill(into, offset)
      return bad
        .map((range) => ({
          offset: Math.max(range.offset, offset),
          end: Math.min(range.offset + range.sizeBytes, offset + into.length),
        }))
        .filter((range) => range.end > range.offset)
        .map((range) => ({ offset: range.offset, sizeBytes: range.end - range.offset }))
    },
    close: async () => {
      await pieces.close()
      await source.close()
    },
  }
}

function readMap(file: string, bytes: number): readonly Range[] | undefined {
  try {
    return parseSectorMap(fs.readFileSync(file, 'utf8'), bytes)?.ranges('-')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
