/** Burns a stream of bytes, and keeps the checksums that find wrong places later. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { sectorBytes } from '../format/medium.ts'
import { endOnAbort, endProgram } from '../programs/run-program.ts'
import { addressOf, type Device } from './drive.ts'
import { PieceSums } from './piece-sums.ts'
import { exitStatus, collectStderr, spawnXorriso, faultIn } from './xorriso.ts'

export interface BurnedBytes {
  readonly bytes: number
  readonly sha256: string
  readonly sums: PieceSums
}

export interface WriteOptions {
  readonly device: Device
  /** The drive's own word. */
  readonly mediumType: string
  readonly bytes: number
  /** `4`, `8x`, `2000k`; by default the drive's highest speed. */
  readonly speed?: string
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/** A speed in the form of xorriso. */
export const isSpeed = (text: string): boolean => /^\d+(\.\d+)?([km]|x?[cdb]?|x)$/i.test(text)

/** The buffer between xorriso and the drive. It bridges pauses of the source. */
const fifoSize = '32m'

/** A drive may finish its track before it releases the disc. A file needs no such time. */
const driveGraceMs = 60_000
const fileGraceMs = 3000

/**
 * Burns the bytes of `open`, and closes the disc. Throws `program` if burning fails, or the error of the
 * source. In both cases a write-once disc is spoilt. On `signal` it throws `aborted`, once the drive has
 * released the disc. If burning ends early, the signal given to `open` aborts: a waiting source must then
 * stop.
 */
export async function writeDisc(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<BurnedBytes> {
  const { device, bytes: expected, signal } = options
  throwIfAborted(signal)
  const child = spawnXorriso(burnArguments(options), ['pipe', 'ignore', 'pipe'])
  const stderr = collectStderr(child)
  const over = new AbortController()
  const status = exitStatus(child).finally(() => over.abort())
  status.catch(() => {})
  const patienceMs = device.kind === 'drive' ? driveGraceMs : fileGraceMs
  const done = endOnAbort(child, signal, patienceMs)
  const input = child.stdin as Writable
  const hash = createHash('sha256')
  const sums = new PieceSums()
  let bytes = 0
  try {
    for await (const piece of open(signal ? AbortSignal.any([signal, over.signal]) : over.signal)) {
      hash.update(piece)
      sums.add(piece)
      bytes += piece.length
      options.onBytes?.(bytes)
      if (bytes > expected) break
      if (!input.write(piece)) await once(input, 'drain', { signal: over.signal }).catch(() => {})
      if (over.signal.aborted || input.destroyed) break
    }
    if (bytes === expected) input.end()
    else await endProgram(child, patienceMs)
    const code = await status
    throwIfAborted(signal)
    if (code !== 0) throw failed(device, stderr())
    if (bytes !== expected) {
      throw new ButcherError('io', `the image turned out to be of ${bytes} bytes, not of ${expected}`)
    }
    return { bytes, sha256: hash.digest('hex'), sums }
  } catch (error) {
    // If burning ended first, that is the reason, not the source that was stopped because of it.
    const endedFirst = over.signal.aborted
    await endProgram(child, patienceMs)
    const code = await status.catch(() => 0)
    throwIfAborted(signal, error)
    throw endedFirst && code !== 0 ? failed(device, stderr()) : error
  } finally {
    done()
  }
}

function burnArguments({ device, mediumType, bytes, speed }: WriteOptions): string[] {
  return [
    '-as', 'cdrecord', '--no_rc', '-v', `dev=${addressOf(device)}`, `fs=${fifoSize}`,
    ...(speed === undefined ? [] : [`speed=${speed.toLowerCase()}`]),
    // Written in one go, the last sectors of a CD can be read without padding.
    ...(mediumType.startsWith('CD-') ? ['-sao'] : []),
    `tsize=${bytes / sectorBytes}s`, 'padsize=0', '-',
  ] // prettier-ignore
}

const failed = (device: Device, stderr: string): ButcherError =>
  new ButcherError('program', `burning in ${device.file} failed: ${faultIn(stderr)}`, { path: device.file })
