/** The files beside an image: a sum that `sha256sum -c` takes, and the facts of the disk as JSON. */

import fs from 'node:fs'
import path from 'node:path'
import { removeQuietly, writeDurably } from '../files/durable.ts'
import type { Device } from './device.ts'

export interface ImageFacts {
  readonly device: Pick<Device, 'bytes' | 'sectorBytes' | 'model' | 'serial' | 'bus' | 'path'>
  readonly started: Date
  readonly rawSha256: string
  readonly badBytes: number
  readonly imageBytes: number
  readonly skipped: readonly string[]
  readonly hash: 'sha256' | 'md5' | 'none'
  /** Of the image file. */
  readonly sums: { readonly sha256: string; readonly md5: string | null }
}

/** What `<image>.json` holds. Sizes are in bytes, sums in hex, times in ISO 8601. */
export interface ImageRecord {
  readonly device_bytes: number
  readonly raw_sha256: string
  readonly model: string | null
  readonly serial: string | null
  readonly bus: string
  readonly path: string
  readonly sector_bytes: number
  readonly started: string
  readonly finished: string
  readonly image_bytes: number
  readonly image_sha256: string
  readonly bad_bytes: number
  /** Partitions of which only the used blocks were read: the others are zeros. */
  readonly skipped_unused: readonly string[]
}

const sumKinds = ['sha256', 'md5'] as const

/** Writes `<image>.json`, and `<image>.sha256` or `<image>.md5`. A sum of an earlier image goes. */
export async function writeSideCars(image: string, facts: ImageFacts): Promise<void> {
  const { device, sums, hash } = facts
  const folder = path.dirname(image)
  for (const kind of sumKinds) {
    const sum = sums[kind]
    if (kind === hash && sum !== null)
      writeDurably(folder, `${image}.${kind}`, sumLine(sum, path.basename(image)))
    else removeQuietly(`${image}.${kind}`)
  }
  const record: ImageRecord = {
    device_bytes: device.bytes,
    raw_sha256: facts.rawSha256,
    model: device.model,
    serial: device.serial,
    bus: device.bus,
    path: device.path,
    sector_bytes: device.sectorBytes,
    started: facts.started.toISOString(),
    finished: new Date().toISOString(),
    image_bytes: facts.imageBytes,
    image_sha256: sums.sha256,
    bad_bytes: facts.badBytes,
    skipped_unused: facts.skipped,
  }
  writeDurably(folder, `${image}.json`, `${JSON.stringify(record, null, 2)}\n`)
}

/** Removes the sums beside an image that is about to change. */
export function removeSums(image: string): void {
  for (const kind of sumKinds) removeQuietly(`${image}.${kind}`)
}

/** Removes everything beside an image that will not be there. */
export function removeSideCars(image: string): void {
  removeSums(image)
  removeQuietly(`${image}.json`)
}

/**
 * As sha256sum writes it: a name with a newline or backslash is escaped, and the line begins with a
 * backslash.
 */
function sumLine(sum: string, name: string): string {
  const escaped = escapeName(name)
  return `${escaped === name ? '' : '\\'}${sum}  ${escaped}\n`
}

const escapeName = (name: string): string =>
  name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')

/** The record beside an image. undefined if there is none, or if it is not one of butcher's. */
export function readImageRecord(image: string): ImageRecord | undefined {
  try {
    const record = JSON.parse(fs.readFileSync(`${image}.json`, 'utf8')) as Partial<ImageRecord> | null
    const isOurs =
      Number.isSafeInteger(record?.device_bytes) &&
      (record?.device_bytes as number) >= 0 &&
      /^[0-9a-f]{64}$/.test(String(record?.raw_sha256))
    return isOurs ? (record as ImageRecord) : undefined
  } catch {
    return undefined
  }
}

/** The sum beside an image, by `<image>.sha256` or `<image>.md5`. undefined without such a file. */
export function readSum(
  image: string,
): { readonly kind: 'sha256' | 'md5'; readonly sum: string | null } | undefined {
  for (const kind of sumKinds) {
    const text = readQuietly(`${image}.${kind}`)
    if (text === undefined) continue
    const name = escapeName(path.basename(image))
    const lines = text.split('\n').map((line) => /^\\?([0-9a-f]+) [ *](.*)$/i.exec(line))
    return { kind, sum: lines.find((line) => line?.[2] === name)?.[1]?.toLowerCase() ?? null }
  }
  return undefined
}

function readQuietly(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
