/** Burns one copy of a disc, reads it back, and records it. */

import fs from 'node:fs'
import { addressOf, type Device } from '../../burn/drive.ts'
import { type ImageSource, imageStream } from '../../burn/disc-image.ts'
import { eject, type MediumInDrive, takeIn } from '../../burn/medium-in-drive.ts'
import { type ReadBack, readBack } from '../../burn/read-back.ts'
import { type BurnedBytes, writeDisc } from '../../burn/write-disc.ts'
import { recordCopy, recordReading } from '../../catalog/disc-life.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { imageAt } from '../../media/disc-files.ts'
import type { Extent } from '../../media/iso9660.ts'
import type { BurnedCopy, BurnOptions } from './burn-options.ts'
import type { ChangingSet } from '../../set/change-set.ts'
import type { DiscSource } from '../../set/disc-source.ts'
import { dropSpoilt } from './load-blank.ts'
import { paced } from '../../progress.ts'

export interface CopyToBurn {
  readonly source: DiscSource
  /** Undefined if an image file is burned. */
  readonly image: ImageSource | undefined
  readonly copy: number
  readonly bytes: number
  readonly device: Device
  readonly medium: MediumInDrive
}

/** A blank was spoilt: nothing is recorded, and another may be tried. */
export class SpoiltBlank extends ButcherError {}

/** A copy was burned and recorded, but could not be read back. */
export class UnreadCopy extends ButcherError {}

/**
 * Burns a copy, reads it back, and records both in the catalog. Throws `SpoiltBlank` if the burn fails. A
 * burned copy with wrong bytes is recorded as damaged.
 */
export async function burnCopy(
  changing: ChangingSet,
  work: CopyToBurn,
  options: BurnOptions,
): Promise<BurnedCopy> {
  const { report = silent } = options
  const { source, copy, device, medium } = work
  const disc = source.row.number
  const { db } = changing.set
  const began = performance.now()
  const burned = await burn(work, options, report)
  const burnSeconds = secondsSince(began)
  recordCopy(db, disc, copy, { state: 'burned', burned: Date.now(), burner: medium.burner })
  await changing.save()
  const readFrom = performance.now()
  const result = await read(work, burned, options, report).catch((error: unknown) => {
    if (!(error instanceof ButcherError) || options.signal?.aborted === true) throw error
    const { code, message, path, hint } = error
    throw new UnreadCopy(code, message, {
      ...(path !== undefined && { path }),
      ...(hint !== undefined && { hint }),
      cause: error,
    })
  })
  const damaged = result.isSound ? 0 : damagedFiles(device, result)
  recordReading(db, {
    disc,
    copy,
    at: Date.now(),
    result: result.isSound ? 'sound' : 'damaged',
    bytes: result.bytes,
    damaged,
  })
  await changing.save()
  return {
    disc,
    copy,
    label: source.row.label,
    device: addressOf(device),
    burner: medium.burner,
    bytes: burned.bytes,
    sha256: burned.sha256,
    verified: result.isSound,
    burnSeconds,
    readSeconds: secondsSince(readFrom),
  }
}

async function burn(work: CopyToBurn, { speed, signal }: BurnOptions, report: Report): Promise<BurnedBytes> {
  const { source, image, device, medium, bytes: totalBytes } = work
  const disc = source.row.number
  report({ type: 'stage', stage: 'burn', totalBytes })
  const progress = paced(report)
  try {
    const open = (until: AbortSignal): AsyncIterable<Uint8Array> =>
      image ? imageStream(image, until) : fs.createReadStream(source.image, { signal: until })
    return await writeDisc(open, {
      device,
      mediumType: medium.type,
      bytes: totalBytes,
      ...(speed === undefined ? {} : { speed }),
      onBytes: (bytes) => progress({ type: 'progress', stage: 'burn', bytes, files: 0, totalBytes, disc }),
      signal,
    })
  } catch (cause) {
    const error = asButcherError(cause, 'cannot read', image?.folder ?? source.image)
    dropSpoilt(device)
    const what = `disc ${disc}, copy ${work.copy}`
    const isGone = device.kind === 'drive' ? ': the disc in the drive is spoilt' : ''
    throw new SpoiltBlank(
      signal?.aborted ? 'aborted' : error.code,
      signal?.aborted
        ? `stopped in the middle of burning ${what}${isGone}`
        : `${error.message} (${what})${isGone}`,
      { path: device.file, cause },
    )
  }
}

async function read(
  { source, device, bytes: totalBytes }: CopyToBurn,
  burned: BurnedBytes,
  { requestReload, loadCommand, unloadCommand, signal }: BurnOptions,
  report: Report,
): Promise<ReadBack> {
  report({ type: 'stage', stage: 'verify', totalBytes })
  const progress = paced(report)
  const isLoaded = loadCommand !== undefined || unloadCommand !== undefined
  if (device.kind === 'drive' && !isLoaded) await reload(device, requestReload, signal)
  return readBack({
    device,
    isDirect: isLoaded,
    burned,
    onBytes: (bytes) =>
      progress({ type: 'progress', stage: 'verify', bytes, files: 0, totalBytes, disc: source.row.number }),
    signal,
  })
}

async function reload(
  device: Device,
  requestReload: BurnOptions['requestReload'],
  signal: AbortSignal | undefined,
): Promise<void> {
  await eject(device, signal)
  for (;;) {
    try {
      return await takeIn(device, signal)
    } catch (error) {
      // The drives of laptops are closed by hand.
      if (signal?.aborted || !(await requestReload?.(addressOf(device)))) throw error
    }
  }
}

/** The number of files in the wrong ranges of the disc; at least 1, because something is wrong. */
function damagedFiles(device: Device, { wrong }: ReadBack): number {
  const hits = (extent: Extent): boolean =>
    wrong.some(
      ({ offset, sizeBytes }) =>
        offset < extent.offset + extent.sizeBytes && extent.offset < offset + sizeBytes,
    )
  try {
    const entries = [...(imageAt(device.file)?.entries.values() ?? [])]
    return Math.max(1, entries.filter((entry) => entry.kind === 'file' && entry.extents.some(hits)).length)
  } catch {
    return 1 // its directories cannot be read
  }
}

const secondsSince = (began: number): number => (performance.now() - began) / 1000
