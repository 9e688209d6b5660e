/** `butcher device backup`: writes an image of a whole disk, or nothing. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Device } from '../../device/device.ts'
import { type DevicePiece, devicePieces, pieceMemory } from '../../device/device-pieces.ts'
import { imageFormat } from '../../device/image-format.ts'
import { type OpenDevice, openDevice } from '../../device/open-device.ts'
import { readDescriptor, readPiece } from '../../device/read-pieces.ts'
import { removeSideCars, removeSums, writeSideCars } from '../../device/side-cars.ts'
import { speedOf } from '../../device/speed.ts'
import { thisMachine } from '../../device/this-machine.ts'
import { unmountDesktop } from '../../device/unmount.ts'
import { removeLeftover } from '../../device/leftover.ts'
import { slotsHeld, writeImage } from '../../device/write-image.ts'
import { asButcherError, ButcherError, systemCode, WrongField } from '../../errors.ts'
import { silent } from '../../events.ts'
import { removeQuietly, renameDurably, writeDurably } from '../../files/durable.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { SectorMap } from '../../format/sector-map.ts'
import { showSize } from '../../format/size-text.ts'
import { checkFields } from '../../options/check-fields.ts'
import { paced } from '../../progress.ts'
import { backupDeviceFields } from './backup-device-fields.ts'
import type { BackupDeviceOptions, BackupDeviceSummary } from './backup-device-options.ts'
import { chooseDevice } from '../../device/choose-device.ts'
import { type EarlierImage, openEarlierImage } from './earlier-image.ts'
import { fillUsed, openUsedBlocks, type UsedBlocks } from './used-blocks.ts'

/**
 * Writes `image` and its side-cars. Throws `usage`, `source` (no disk, in use by the system, ends early),
 * `locked` (in use), `exists`, `no-space`, `io`, `aborted`; then none of them is there. Resolves with
 * `badBytes` above 0 only if `map` is given.
 */
export async function backupDevice(options: BackupDeviceOptions): Promise<BackupDeviceSummary> {
  checkFields('backupDevice', backupDeviceFields, options)
  if (options.map !== undefined && options.skipUnused === true)
    throw new WrongField(
      'backupDevice',
      'skipUnused',
      'cannot go with a map: partclone stops at a bad sector',
    )
  const started = new Date()
  const image = path.resolve(options.image)
  const map = options.map === undefined ? undefined : path.resolve(options.map)
  const format = imageFormat(image)
  const device = await chooseDevice(thisMachine, options.device, 'read')
  const report = options.report ?? silent
  const earlier = await openEarlierImage(image, map, device, options.signal)
  try {
    const draft = `${image}.partial`
    checkFolders(image, map)
    removeLeftover(draft)
    checkRoom(image, format === 'raw' ? device.bytes : 0, device)
    await unmountDesktop(device, report)
    const used = options.skipUnused === true ? await openUsedBlocks(device, report, options.signal) : []
    const work = new DeviceReading(device, {
      earlier,
      used,
      goesOn: map !== undefined,
      signal: options.signal,
    })
    let hasSideCars = false
    try {
      await work.open()
      const written = await copy(work, draft, { ...options, format, report })
      // A new image appears last. One that is there is replaced first: a kill must leave no sum of another.
      if (earlier) {
        removeSums(image)
        renameDurably(draft, image)
      }
      hasSideCars = true
      await writeSideCars(image, {
        device,
        started,
        rawSha256: written.rawSha256,
        badBytes: work.map.badBytes,
        imageBytes: written.bytes,
        skipped: used.map(({ path: partition }) => partition),
        hash: options.hash ?? 'sha256',
        sums: written,
      })
      if (map !== undefined) writeDurably(path.dirname(map), map, mapText(work.map, device.bytes))
      if (!earlier) renameDurably(draft, image)
      return {
        device: device.path,
        image,
        deviceBytes: device.bytes,
        imageBytes: written.bytes,
        rawSha256: written.rawSha256,
        badBytes: work.map.badBytes,
        skipped: used.map(({ path: partition }) => partition),
        seconds: (Date.now() - started.getTime()) / 1000,
      }
    } catch (error) {
      // If the draft exists already, another run began it a moment ago.
      if (systemCode((error as Error).cause) !== 'EEXIST') removeQuietly(draft)
      if (hasSideCars && !fs.existsSync(image)) removeSideCars(image)
      throw asButcherError(error, 'cannot write', image)
    } finally {
      work.close()
      for (const blocks of used) await blocks.close()
    }
  } finally {
    await earlier?.close()
  }
}

const mapText = (map: SectorMap, bytes: number): string =>
  ['# Mapfile of GNU ddrescue, written by butcher', ...map.lines(bytes), ''].join('\n')

/** An open disk that is read in pieces, and the ranges of it that cannot be read. */
class DeviceReading {
  readonly device: Device
  readonly map = new SectorMap()
  readonly #sources: DeviceSources
  #open: OpenDevice | undefined

  constructor(device: Device, sources: DeviceSources) {
    this.device = device
    this.#sources = sources
  }

  async open(): Promise<void> {
    this.close()
    this.#open = await openDevice(thisMachine.root, this.device, 'read')
  }

  close(): void {
    this.#open?.close()
    this.#open = undefined
  }

  /**
   * Fills `into` from `offset`, called for each piece in order: from the earlier image if that is sound
   * there, from the used blocks of a partition, else from the disk.
   */
  async fill(into: Uint8Array, offset: number): Promise<void> {
    const { earlier, used } = this.#sources
    this.map.record(offset, into.length, '+')
    const missing = (await earlier?.fill(into, offset)) ?? [{ offset, sizeBytes: into.length }]
    for (const range of missing) {
      const part = into.subarray(range.offset - offset, range.offset - offset + range.sizeBytes)
      for (const rest of await fillUsed(used, part, range.offset))
        await this.#read(part.subarray(rest.offset - range.offset).subarray(0, rest.sizeBytes), rest.offset)
    }
  }

  async #read(into: Uint8Array, offset: number): Promise<void> {
    const { goesOn, signal } = this.#sources
    await readPiece((at, from) => readDescriptor((this.#open as OpenDevice).fd, at, from), into, offset, {
      path: this.device.path,
      bytes: this.device.bytes,
      sectorBytes: this.device.sectorBytes,
      reopen: () => this.open(),
      signal,
      ...(goesOn ? { onBad: (from, bytes) => this.map.record(from, bytes, '-') } : {}),
    })
  }
}

interface DeviceSources {
  readonly earlier: EarlierImage | undefined
  readonly used: readonly UsedBlocks[]
  /** Past bad sectors. */
  readonly goesOn: boolean
  readonly signal: AbortSignal | undefined
}

interface CopyOptions extends BackupDeviceOptions {
  readonly format: ReturnType<typeof imageFormat>
  readonly report: NonNullable<BackupDeviceOptions['report']>
}

async function copy(
  work: DeviceReading,
  file: string,
  { format, jobs = os.availableParallelism(), hash, report, signal }: CopyOptions,
): Promise<{ rawSha256: string; bytes: number; sha256: string; md5: string | null }> {
  const { device } = work
  const memory = pieceMemory(slotsHeld(jobs) + 2)
  const raw = createHash('sha256')
  const speed = speedOf(device.bytes)
  const tell = paced(report)
  report({ type: 'stage', stage: 'read-device', totalBytes: device.bytes })
  const onPiece = (piece: DevicePiece): void => {
    raw.update(piece.bytes)
    const bytes = piece.offset + piece.bytes.length
    tell({
      type: 'progress',
      stage: 'read-device',
      device: device.path,
      bytes,
      files: 0,
      totalBytes: device.bytes,
      ...speed(bytes, piece.isZero),
    })
  }
  const written = await writeImage(
    devicePieces(device.bytes, memory, (into, offset) => work.fill(into, offset)),
    { file, format, bytes: device.bytes, jobs, memory, signal, onPiece, rawHash: raw, md5: hash === 'md5' },
  )
  return { rawSha256: raw.digest('hex'), ...written }
}

/** Throws before a long run would fail at its end. */
function checkFolders(image: string, map: string | undefined): void {
  for (const file of map === undefined ? [image] : [image, map]) {
    const folder = path.dirname(file)
    if (fs.existsSync(folder)) continue
    throw new ButcherError('destination', `cannot write ${file}: the folder ${folder} does not exist`, {
      path: folder,
      hint: 'make it first',
    })
  }
}

/** Throws `no-space` before anything is read, as far as that can be known. */
function checkRoom(image: string, least: number, device: Device): void {
  const folder = path.dirname(image)
  const free = freeBytesIn(folder)
  if (free < least) {
    throw new ButcherError(
      'no-space',
      `${device.path} has ${showSize(device.bytes)}, and ${folder} has ${showSize(free)} free`,
      { path: folder, hint: 'choose .img.zst: zeros and most files take less room so' },
    )
  }
}
