/** Restores one file of a backup onto a disk, piece by piece, without a copy of it elsewhere. */

import { createHash } from 'node:crypto'
import { requireConfirmed, type Confirmation } from '../../device/confirm.ts'
import type { Device } from '../../device/device.ts'
import { pieceBytes } from '../../device/device-pieces.ts'
import { speedOf } from '../../device/speed.ts'
import { tellHeld } from '../../device/tell-held.ts'
import { thisMachine } from '../../device/this-machine.ts'
import { unmountDesktop } from '../../device/unmount.ts'
import { DeviceWriter } from '../../device/write-device.ts'
import { ButcherError, throwIfAborted } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { paced } from '../../progress.ts'
import type { Disk, DiskContent } from '../../restore/onto-disk.ts'
import { restoreWith } from './restore.ts'
import type { RestoreOptions } from './restore-options.ts'

export interface OntoDisk extends Confirmation {
  /** It was judged: it may be written. */
  readonly device: Device
  readonly verify: boolean
  readonly moveGpt: boolean
}

export interface RestoredDisk {
  readonly imageBytes: number
  readonly rawSha256: string
}

/**
 * undefined if the file is not in pieces: then it is restored into `options.destination`, a folder. Throws
 * `usage` (not confirmed), `locked`, `destination`, `damaged` (the set, or the disk), `io`, `aborted`.
 */
export async function restoreOntoDisk(
  options: RestoreOptions,
  onto: OntoDisk,
): Promise<RestoredDisk | undefined> {
  const { report = silent, signal } = options
  let target:
    { readonly writer: DeviceWriter; readonly disk: Disk; readonly content: DiskContent } | undefined
  try {
    const summary = await restoreWith(options, async (content) => {
      checkContent(content, onto.device, options)
      await requireConfirmed(onto.device, onto)
      await unmountDesktop(onto.device, report)
      const writer = await DeviceWriter.open(thisMachine.root, onto.device)
      const disk: Disk = {
        path: onto.device.path,
        descriptor: writer.descriptor,
        sectorBytes: onto.device.sectorBytes,
        beginning: new SharedArrayBuffer(pieceBytes),
      }
      target = { writer, disk, content }
      await writer.begin(signal)
      await writeZeros(writer, content, report, signal)
      return disk
    })
    if (summary.failed > 0 || summary.missingDiscs.length > 0) {
      throw new ButcherError('damaged', 'the backup cannot be restored', {
        hint: 'the warnings above say why',
      })
    }
    if (!target) return undefined
    const { writer, disk, content } = target
    const beginning = new Uint8Array(disk.beginning).subarray(0, content.size)
    await writer.write(beginning, 0)
    await writer.complete()
    const rawSha256 = onto.verify
      ? await compare(writer, content, report, signal)
      : Buffer.from(content.hash).toString('hex')
    if (await writer.settleGpt(onto.moveGpt)) report({ type: 'note', message: writer.misplacedGpt() })
    return { imageBytes: content.size, rawSha256 }
  } catch (error) {
    throw target && error instanceof ButcherError ? tellHeld(error, [target.writer], 'image') : error
  } finally {
    await target?.writer.close()
  }
}

/** A content with SHA-512 has no SHA-256 until it is read back. */
const sha256Bytes = 32

function checkContent({ size, absent }: DiskContent, device: Device, { requestDisc }: RestoreOptions): void {
  if (size > device.bytes) {
    throw new ButcherError(
      'destination',
      `the image has ${size} bytes, ${device.path} only ${device.bytes}`,
      {
        path: device.path,
        hint: 'use a disk that is at least as large',
      },
    )
  }
  const [first] = absent
  if (first !== undefined && requestDisc === undefined) {
    throw new ButcherError('damaged', `disc ${first} is missing; nothing was written to ${device.path}`, {
      hint: 'name the folders of all discs',
    })
  }
}

/** The disk may hold anything: zeros are written as all else is. */
async function writeZeros(
  writer: DeviceWriter,
  { zeros }: DiskContent,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  // The beginning is zeros already.
  const ranges = [...zeros()]
    .map(({ offset, length }) => ({ offset: Math.max(offset, pieceBytes), end: offset + length }))
    .filter(({ offset, end }) => end > offset)
  const totalBytes = ranges.reduce((sum, { offset, end }) => sum + end - offset, 0)
  const device = writer.device.path
  report({ type: 'stage', stage: 'write-device', totalBytes })
  const tell = paced(report)
  const speed = speedOf(totalBytes)
  const nothing = Buffer.alloc(pieceBytes)
  let bytes = 0
  for (const { offset, end } of ranges) {
    for (let at = offset; at < end; at += nothing.length) {
      throwIfAborted(signal)
      const piece = nothing.subarray(0, end - at)
      await writer.write(piece, at)
      bytes += piece.length
      tell({
        type: 'progress',
        stage: 'write-device',
        device,
        bytes,
        files: 0,
        totalBytes,
        ...speed(bytes, false),
      })
    }
  }
}

/** Resolves with the SHA-256 of the image. */
async function compare(
  writer: DeviceWriter,
  { size, hash }: DiskContent,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<string> {
  report({ type: 'stage', stage: 'compare-device', totalBytes: size })
  const tell = paced(report)
  const speed = speedOf(size)
  const device = writer.device.path
  const sha256 = createHash('sha256')
  const other = hash.length === sha256Bytes ? undefined : createHash('sha512')
  let bytes = 0
  await writer.readBack(
    size,
    (piece) => {
      sha256.update(piece)
      other?.update(piece)
      bytes += piece.length
      tell({
        type: 'progress',
        stage: 'compare-device',
        device,
        bytes,
        files: 0,
        totalBytes: size,
        ...speed(bytes, false),
      })
    },
    signal,
  )
  const digest = sha256.digest()
  if (Buffer.compare(other?.digest() ?? digest, hash) === 0) return digest.toString('hex')
  throw new ButcherError('damaged', `${device} does not hold what was written`, {
    path: device,
    hint: 'the card or its reader is broken: use another one',
  })
}
