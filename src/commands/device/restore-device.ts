/** `butcher device restore`: writes an image onto disks, reads it back, compares. */

import path from 'node:path'
import { chooseDevice } from '../../device/choose-device.ts'
import { requireConfirmed } from '../../device/confirm.ts'
import type { Device } from '../../device/device.ts'
import { devicePieces, pieceMemory } from '../../device/device-pieces.ts'
import { counted } from '../../format/counted-text.ts'
import { fillFrom } from './fill-pieces.ts'
import { type ImageSource, openImageSource } from './image-source.ts'
import { startHashThread } from '../../device/hash-thread.ts'
import { speedOf } from '../../device/speed.ts'
import { tellHeld } from '../../device/tell-held.ts'
import { thisMachine } from '../../device/this-machine.ts'
import { unmountDesktop } from '../../device/unmount.ts'
import { DeviceWriter } from '../../device/write-device.ts'
import { asButcherError, ButcherError, throwIfAborted } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { checkFields } from '../../options/check-fields.ts'
import { paced } from '../../progress.ts'
import { restoreDeviceFields } from './restore-device-fields.ts'
import type { RestoreDeviceOptions, RestoreDeviceSummary } from './restore-device-options.ts'

/** A piece that is written, one whose hash is awaited, one that is at work, and one read ahead. */
const slots = 4

/**
 * Writes `image` onto every disk of `devices`. One disk that fails does not stop the others: the summary has
 * its error. Throws before anything is written: `usage` (not confirmed), `destination` (no disk, in use by
 * the system, too small), `locked`, `damaged` (the image), `source`. Throws `aborted` later, too: the disks
 * then hold part of the image.
 */
export async function restoreDevice(options: RestoreDeviceOptions): Promise<RestoreDeviceSummary> {
  checkFields('restoreDevice', restoreDeviceFields, options)
  const started = Date.now()
  const report = options.report ?? silent
  const devices = await chooseAll(options)
  const source = await openImageSource(options.image, options)
  try {
    if (source.bytes === 0) throw new ButcherError('source', `${source.name} is empty: nothing was written`)
    for (const device of devices) checkSize(source, device)
    for (const device of devices) await requireConfirmed(device, options)
    for (const device of devices) await unmountDesktop(device, report)
    const targets = await openAll(devices)
    try {
      const rawSha256 = await writeAll(source, targets, options, report)
      return {
        image: options.image === '-' ? '-' : path.resolve(options.image),
        imageBytes: source.bytes,
        rawSha256,
        devices: targets.map(({ writer, error }) => ({
          device: writer.device.path,
          error: error === undefined ? null : messageOf(tellHeld(error, [writer], 'image')),
          verified: error === undefined && options.verify !== false,
        })),
        seconds: (Date.now() - started) / 1000,
      }
    } catch (error) {
      const writers = targets.map(({ writer }) => writer)
      throw error instanceof ButcherError ? tellHeld(error, writers, 'image') : error
    } finally {
      for (const { writer } of targets) await writer.close()
    }
  } finally {
    await source.close()
  }
}

const messageOf = ({ message, hint }: ButcherError): string =>
  hint === undefined ? message : `${message} (${hint})`

interface Target {
  readonly writer: DeviceWriter
  error: ButcherError | undefined
}

async function chooseAll({ devices, internal = false }: RestoreDeviceOptions): Promise<readonly Device[]> {
  const chosen: Device[] = []
  for (const file of devices) {
    const device = await chooseDevice(thisMachine, file, 'write', internal)
    if (chosen.some(({ path: known }) => known === device.path))
      throw new ButcherError('usage', `${device.path} is given twice`)
    chosen.push(device)
  }
  return chosen
}

function checkSize({ bytes, name }: ImageSource, device: Device): void {
  if (bytes <= device.bytes) return
  throw new ButcherError(
    'destination',
    `${name} has ${counted(bytes, 'byte')}, and ${device.path} has ${device.bytes}: ${bytes - device.bytes} too few`,
    { path: device.path, hint: 'use a larger card; cards of one nominal size differ by some MB' },
  )
}

async function openAll(devices: readonly Device[]): Promise<Target[]> {
  const targets: Target[] = []
  try {
    for (const device of devices)
      targets.push({ writer: await DeviceWriter.open(thisMachine.root, device), error: undefined })
    return targets
  } catch (error) {
    for (const { writer } of targets) await writer.close()
    throw error
  }
}

/**
 * Resolves with the hash of the raw image, if it is wanted. Throws only if no disk is left, or for an error
 * of the image or a stop.
 */
async function writeAll(
  source: ImageSource,
  targets: readonly Target[],
  { verify = true, moveGpt = false, signal }: RestoreDeviceOptions,
  report: Report,
): Promise<string | null> {
  report({ type: 'stage', stage: 'write-device', totalBytes: source.bytes })
  const rawSha256 = await writePieces(source, targets, report, signal)
  if (source.rawSha256 !== null && source.rawSha256 !== rawSha256) {
    throw new ButcherError(
      'damaged',
      `${source.name} does not hold the disk that was read: its sum differs`,
      {
        hint: 'the image is damaged; the first piece was not written, so the disk does not start',
      },
    )
  }
  await onEach(targets, ({ writer }) => writer.complete())
  if (verify) await compareAll(targets, source.bytes, report, signal)
  await onEach(targets, async ({ writer }) => {
    if (await writer.settleGpt(moveGpt)) report({ type: 'note', message: writer.misplacedGpt() })
  })
  return rawSha256
}

/** One piece is read, one hashed, and one written at a time. Resolves with the SHA-256, if it is wanted. */
async function writePieces(
  source: ImageSource,
  targets: readonly Target[],
  report: Report,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const memory = pieceMemory(slots)
  const hash = source.isHashed ? startHashThread(memory) : undefined
  const names = targets.map(({ writer }) => writer.device.path).join(', ')
  const tell = paced(report)
  const speed = speedOf(source.bytes)
  const filler = fillFrom(source, signal)
  let release = async (): Promise<void> => {}
  try {
    for await (const { slot, offset, bytes } of devicePieces(source.bytes, memory, filler.fill)) {
      throwIfAborted(signal)
      // Only now: an image that cannot be read at all costs no disk its content.
      if (offset === 0) await onEach(targets, ({ writer }) => writer.begin(signal))
      const hashed = hash?.update(slot, bytes.length)
      hashed?.catch(() => {}) // thrown by release
      await onEach(targets, ({ writer }) => writer.writeInPlace(bytes, offset))
      await release()
      release = async () => {
        await hashed
        memory.release(slot)
      }
      const done = offset + bytes.length
      const progress = { bytes: done, files: 0, totalBytes: source.bytes, ...speed(done, false) }
      tell({ type: 'progress', stage: 'write-device', device: names, ...progress })
    }
    await filler.finish()
    return (await hash?.digest()) ?? null
  } finally {
    // No disk may still read memory that is given up.
    await Promise.all(targets.map(({ writer }) => writer.settle()))
    await filler.close()
    await hash?.end()
  }
}

async function compareAll(
  targets: readonly Target[],
  bytes: number,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  report({ type: 'stage', stage: 'compare-device', totalBytes: bytes })
  const tell = paced(report)
  await onEach(targets, ({ writer }) => {
    const speed = speedOf(bytes)
    return writer.compare((done) => {
      const progress = { bytes: done, files: 0, totalBytes: bytes, ...speed(done, false) }
      tell({ type: 'progress', stage: 'compare-device', device: writer.device.path, ...progress })
    }, signal)
  })
}

/** Goes on with the disks that have not failed. Throws the last error if none is left, and a stop at once. */
async function onEach(targets: readonly Target[], act: (target: Target) => Promise<void>): Promise<void> {
  const sound = targets.filter(({ error }) => error === undefined)
  await Promise.all(
    sound.map(async (target) => {
      try {
        await act(target)
      } catch (error) {
        target.error = asButcherError(error, 'cannot write', target.writer.device.path)
      }
    }),
  )
  const stop = targets.find(({ error }) => error?.code === 'aborted')
  if (stop) throw stop.error as ButcherError
  if (targets.every(({ error }) => error !== undefined)) throw targets[0]?.error as ButcherError
}
