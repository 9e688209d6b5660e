/** Burns a stream of bytes, and keeps what is needed to find them again. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { sectorBytes } from '../format/medium.ts'
import { endOnAbort, endProgram } from '../programs/run-program.ts'
import { addressOf, type Device } from './drive.ts'
import { PieceSums } from './piece-sums.ts'
import { ended, listen, spawnXorriso, troubleOf } from './xorriso.ts'

export interface BurnedBytes {
  readonly bytes: number
  readonly sha256: string
  readonly sums: PieceSums
}

export interface WriteOptions {
  readonly device: Device
  /** As the drive calls it. */
  readonly mediumType: string
  readonly bytes: number
  /** `4`, `8x`, `2000k`; default as fast as the drive goes. */
  readonly speed?: string
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/** A speed as xorriso takes it. */
export const isSpeed = (text: string): boolean => /^\d+(\.\d+)?([km]|x?[cdb]?|x)$/i.test(text)

/** Between xorriso and the drive: what the source may pause without the drive noticing. */
const fifoSize = '32m'

/** A drive may finish its track before it lets go of the disc. A file needs no such time. */
const driveGraceMs = 60_000
const fileGraceMs = 3000

/**
 * Burns the bytes of `open`, and closes the disc. Throws `program` if that fails, and what the source throws: then a disc
 * that can be written only once is spoilt. Throws `aborted` by `signal`, once the drive has let go of the disc. The signal
 * that `open` gets aborts too if the burning ends early: a source that waits must then stop.
 */
export async function writeDisc(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<BurnedBytes> {
  const { device, bytes: expected, signal } = options
  throwIfAborted(signal)
  const child = spawnXorriso(burnArguments(options), ['pipe', 'ignore', 'pipe'])
  const told = listen(child)
  const over = new AbortController()
  const status = ended(child).finally(() => over.abort())
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
    if (code !== 0) throw failed(device, told())
    if (bytes !== expected) {
      throw new ButcherError('io', `the image turned out to be of ${bytes} bytes, not of ${expected}`)
    }
    return { bytes, sha256: hash.digest('hex'), sums }
  } catch (error) {
    // If the burning ended first, that is the reason, and not the source that was told to stop.
    const endedFirst = over.signal.aborted
    await endProgram(child, patienceMs)
    const code = await status.catch(() => 0)
    throwIfAborted(signal, error)
    throw endedFirst && code !== 0 ? failed(device, told()) : error
  } finally {
    done()
  }
}

function burnArguments({ device, mediumType, bytes, speed }: WriteOptions): string[] {
  return [
    '-as', 'cdrecord', '--no_rc', '-v', `dev=${addressOf(device)}`, `fs=${fifoSize}`,
    ...(speed === undefined ? [] : [`speed=${speed.toLowerCase()}`]),
    // Of a CD in one go the last sectors can be read, and no padding is needed.
    ...(mediumType.startsWith('CD-') ? ['-sao'] : []),
    `tsize=${bytes / sectorBytes}s`, 'padsize=0', '-',
  ] // prettier-ignore
}

const failed = (device: Device, told: string): ButcherError =>
  new ButcherError('program', `burning in ${device.file} failed: ${troubleOf(told)}`, { path: device.file })
