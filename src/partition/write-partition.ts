/** Writes the whole partition that an image holds, in order: used blocks, and what is between them. */

import { createHash } from 'node:crypto'
import { ButcherError, throwIfAborted } from '../errors.ts'
import type { OpenImage } from './open-image.ts'
import type { Damage } from './partition-image.ts'

export interface PartitionSink {
  /** `bytes` are valid until the promise is resolved. */
  used(offset: number, bytes: Uint8Array): void | Promise<void>
  /** The same for bytes of unused blocks. Without it they are left out. */
  readonly unused?: (offset: number, bytes: Uint8Array) => void | Promise<void>
}

export interface WriteOptions {
  /** Makes the SHA-256 of the partition. */
  readonly sum: boolean
  readonly onDamage: (damage: Damage) => void
  /** Hears of the bytes of used blocks, and of unused ones that are written. */
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

const gapBytes = 1 << 20

/** Returns the SHA-256 in lower-case hex if it is asked for. */
export async function writePartition(
  image: OpenImage,
  { used, unused }: PartitionSink,
  { sum, onDamage, onBytes, signal }: WriteOptions,
): Promise<string | null> {
  const hash = sum ? createHash('sha256') : undefined
  const { deviceBytes } = image.facts
  const gap = Buffer.allocUnsafeSlow(Math.min(gapBytes, deviceBytes))
  let at = 0
  const fillTo = async (end: number): Promise<void> => {
    if (!hash && !unused) at = end
    while (at < end) {
      throwIfAborted(signal)
      const some = gap.subarray(0, Math.min(gap.length, end - at))
      image.fill(some, at)
      hash?.update(some)
      await unused?.(at, some)
      if (unused) onBytes?.(some.length)
      at += some.length
    }
  }
  for await (const { offset, bytes } of image.ordered({ onDamage, withData: true, reuse: true }, signal)) {
    if (offset < at) {
      throw new ButcherError(
        'usage',
        'the blocks of this image are not in order: it cannot come from a pipe',
        {
          hint: 'save the image to a file first, then give that file',
        },
      )
    }
    await fillTo(offset)
    hash?.update(bytes)
    await used(offset, bytes)
    onBytes?.(bytes.length)
    at = offset + bytes.length
  }
  await fillTo(deviceBytes)
  return hash ? hash.digest('hex') : null
}
