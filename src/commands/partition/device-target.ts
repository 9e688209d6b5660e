/** A disk or partition that a partition is restored to, with the refusals and checks of `device restore`. */

import { chooseTarget } from '../../device/choose-device.ts'
import { requireConfirmed } from '../../device/confirm.ts'
import { pieceBytes } from '../../device/device-pieces.ts'
import { speedOf } from '../../device/speed.ts'
import { tellHeld } from '../../device/tell-held.ts'
import { thisMachine } from '../../device/this-machine.ts'
import { unmountDesktop } from '../../device/unmount.ts'
import { DeviceWriter } from '../../device/write-device.ts'
import { ButcherError } from '../../errors.ts'
import { silent } from '../../events.ts'
import { paced } from '../../progress.ts'
import type { RestorePartitionOptions } from './partition-options.ts'
import type { Needed, RestoreTarget } from './target.ts'

/** Throws `destination` and `locked` (must not be written), `no-space`, `usage` (not confirmed), `io`. */
export async function deviceTarget(
  options: RestorePartitionOptions,
  { deviceBytes }: Needed,
): Promise<RestoreTarget> {
  const { out, internal, usedOnly, verify = true, report = silent, signal } = options
  const device = await chooseTarget(thisMachine, out, internal)
  if (device.bytes < deviceBytes) {
    throw new ButcherError('no-space', `${out} has ${device.bytes} bytes, but the partition ${deviceBytes}`, {
      path: out,
      hint: 'give a larger device',
    })
  }
  // A loop device is a file that somebody attached on purpose, and a file needs no question either.
  if (device.bus !== 'loop') await requireConfirmed(device, options)
  await unmountDesktop(device, report)
  const writer = await DeviceWriter.open(thisMachine.root, device)
  // The trial of the end would spoil what is to stay there.
  if (usedOnly !== true) {
    try {
      await writer.begin(signal)
    } catch (error) {
      await writer.close()
      throw error instanceof ButcherError ? tellHeld(error, [writer], 'partition') : error
    }
  }
  const gathered = new Gathered(writer)
  return {
    kind: 'device',
    write: (offset, bytes) => gathered.write(offset, bytes),
    finish: async () => {
      await gathered.flush()
      await writer.complete()
      if (verify) await compare(writer, options, gathered.bytes)
      await writer.close()
      return verify
    },
    drop: async (error) => {
      await writer.close()
      return tellHeld(error, [writer], 'partition')
    },
  }
}

async function compare(
  writer: DeviceWriter,
  { report = silent, signal }: RestorePartitionOptions,
  totalBytes: number,
): Promise<void> {
  report({ type: 'stage', stage: 'compare-device', totalBytes })
  const tell = paced(report)
  const speed = speedOf(totalBytes)
  let bytes = 0
  await writer.compare((_, length) => {
    bytes += length
    const progress = { bytes, files: 0, totalBytes, ...speed(bytes, false) }
    tell({ type: 'progress', stage: 'compare-device', device: writer.device.path, ...progress })
  }, signal)
}

/** Gathers the bytes to pieces of the size that a disk likes. */
class Gathered {
  bytes = 0
  readonly #writer: DeviceWriter
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes)
  #offset = 0
  #length = 0

  constructor(writer: DeviceWriter) {
    this.#writer = writer
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset !== this.#offset + this.#length) await this.#begin(offset)
    for (let at = 0; at < bytes.length;) {
      // Pieces end at multiples of their size, so that the first ones are the beginning of the disk.
      const room = pieceBytes - ((this.#offset + this.#length) % pieceBytes)
      const some = bytes.subarray(at, at + room)
      this.#piece.set(some, this.#length)
      this.#length += some.length
      at += some.length
      if (some.length === room) await this.#begin(this.#offset + this.#length)
    }
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return
    await this.#writer.write(this.#piece.subarray(0, this.#length), this.#offset)
    this.bytes += this.#length
    this.#length = 0
  }

  async #begin(offset: number): Promise<void> {
    await this.flush()
    this.#offset = offset
  }
}
