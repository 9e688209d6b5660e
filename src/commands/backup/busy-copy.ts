/** A copy of a disk that is in use: what is stored is then the state of one reading. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ButcherError, asButcherError, throwIfAborted } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { openNameless } from '../../image-bytes/nameless-file.ts'
import { writeAll } from '../../files/durable.ts'
import { speedOf } from '../../device/speed.ts'
import { pieceBytes } from '../../format/piece.ts'
import { paced } from '../../progress.ts'
import { findProgram } from '../../programs/find-program.ts'
import { runFilter } from '../../programs/run-filter.ts'

const zeros = Buffer.alloc(pieceBytes)

/** A file without a name in the folder for temporary files. Its zeros are holes. */
export class BusyCopy {
  readonly #fd = openNameless(os.tmpdir())
  readonly #device: string
  readonly #sizeBytes: number
  readonly #places: readonly string[]

  /** `places`: where it is mounted. */
  constructor(device: string, sizeBytes: number, places: readonly string[]) {
    this.#device = device
    this.#sizeBytes = sizeBytes
    this.#places = places
  }

  /** Opens in every thread of this process. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`
  }

  /** Reads the disk once. Resolves with whether it changed meanwhile. Throws `source`, `no-space`, `io`. */
  async fill(report: Report, signal: AbortSignal | undefined): Promise<boolean> {
    for (const place of this.#places) await writeBack(place)
    const before = sectorsWritten(this.#device)
    report({ type: 'stage', stage: 'read-device', totalBytes: this.#sizeBytes })
    const tell = paced(report)
    const speed = speedOf(this.#sizeBytes)
    const source = fs.openSync(this.#device, 'r')
    const piece = Buffer.allocUnsafeSlow(pieceBytes)
    try {
      for (let at = 0; at < this.#sizeBytes;) {
        throwIfAborted(signal)
        const length = await readAt(source, piece.subarray(0, this.#sizeBytes - at), at)
        if (length === 0) throw new ButcherError('source', `${this.#device} ends at byte ${at}`)
        const some = piece.subarray(0, length)
        const isZero = some.equals(zeros.subarray(0, length))
        if (!isZero) this.#write(some, at)
        at += length
        tell({
          type: 'progress',
          stage: 'read-device',
          device: this.#device,
          bytes: at,
          files: 0,
          totalBytes: this.#sizeBytes,
          ...speed(at, isZero),
        })
      }
      fs.ftruncateSync(this.#fd, this.#sizeBytes)
    } finally {
      fs.closeSync(source)
    }
    return sectorsWritten(this.#device) !== before
  }

  close(): void {
    fs.closeSync(this.#fd)
  }

  #write(bytes: Buffer, at: number): void {
    try {
      writeAll(this.#fd, bytes, at)
    } catch (error) {
      throw asButcherError(error, 'cannot write to the folder for temporary files', os.tmpdir())
    }
  }
}

const readAt = (fd: number, into: Buffer, at: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.read(fd, into, 0, into.length, at, (error, length) => (error ? reject(error) : resolve(length))),
  )

/** Brings changes that wait in memory onto the disk, so that the copy has them. Not everybody may. */
const writeBack = (place: string): Promise<void> =>
  runFilter(findProgram('sync') ?? '/bin/sync', ['-f', place], new Uint8Array(0)).then(
    () => {},
    () => {},
  )

/** The kernel's Documentation/block/stat.rst: the seventh number counts the sectors written. */
const sectorsWritten = (device: string): string | undefined =>
  fs
    .readFileSync(`/sys/class/block/${path.basename(device)}/stat`, 'latin1')
    .trim()
    .split(/\s+/)[6]
