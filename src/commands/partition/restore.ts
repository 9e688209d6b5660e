/** `butcher partition restore`: the raw partition that an image holds. */

import { speedOf } from '../../device/speed.ts'
import { asButcherError, ButcherError, stopped } from '../../errors.ts'
import { silent } from '../../events.ts'
import { checkFields } from '../../options/check-fields.ts'
import { damageText } from '../../partition/damage-text.ts'
import type { OpenImage } from '../../partition/open-image.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { BlockRange, Damage } from '../../partition/partition-image.ts'
import { writePartition } from '../../partition/write-partition.ts'
import { paced } from '../../progress.ts'
import { restorePartitionFields } from './partition-fields.ts'
import type { RestoredPartition, RestorePartitionOptions } from './partition-options.ts'
import { openTarget } from './restore-target.ts'
import type { RestoreTarget } from './target.ts'

/** Damaged ranges that the result names. */
const mostNamed = 10_000

/**
 * A file appears under its name when it is complete and synced. Throws `damaged` at the first wrong checksum,
 * unless `ignoreChecksums` is set; also `exists`, `destination`, `locked`, `no-space`, `usage`, `io`.
 */
export async function restorePartition(options: RestorePartitionOptions): Promise<RestoredPartition> {
  checkFields('restorePartition', restorePartitionFields, options)
  const started = Date.now()
  const { image: path, fill, bootSectorCopy, ignoreChecksums, report, signal } = options
  const image = await openImage(path, {
    ...(fill === undefined ? {} : { fill }),
    ...(bootSectorCopy === undefined ? {} : { bootSectorCopy }),
    ...(ignoreChecksums === undefined ? {} : { ignoreChecksums }),
    ...(report ? { report } : {}),
    ...(signal ? { signal } : {}),
  })
  try {
    const { deviceBytes } = image.facts
    const hasPattern = fill !== undefined && /[^0]/.test(fill)
    const writtenBytes = hasPattern ? deviceBytes : image.usedBytes
    const target = await openTarget(options, { deviceBytes, writtenBytes })
    try {
      const done = await write(image, target, { ...options, hasPattern })
      const verified = await target.finish()
      return {
        out: options.out,
        bytes: deviceBytes,
        bytesUsed: image.usedBytes,
        ...done,
        verified,
        warnings: image.facts.warnings,
        seconds: (Date.now() - started) / 1000,
      }
    } catch (error) {
      const shown = signal?.aborted
        ? stopped(undefined, { cause: error })
        : asButcherError(error, 'cannot write', options.out)
      throw await target.drop(shown)
    }
  } finally {
    await image.close()
  }
}

interface Writing extends RestorePartitionOptions {
  /** Unused blocks have other bytes than zeros. */
  readonly hasPattern: boolean
}

async function write(
  image: OpenImage,
  target: RestoreTarget,
  { image: path, report = silent, signal, hasPattern, usedOnly, noSum, ignoreChecksums }: Writing,
): Promise<Pick<RestoredPartition, 'sha256' | 'damaged'>> {
  const damaged: BlockRange[] = []
  const onDamage = (damage: Damage): void => {
    const text = damageText(damage)
    if (ignoreChecksums !== true) {
      throw new ButcherError('damaged', `${path}: ${text}`, {
        path,
        hint: 'butcher partition check names all damage, --ignore-checksums restores the rest',
      })
    }
    report({ type: 'warning', kind: 'other', path, message: `${path}: ${text}` })
    if (damaged.length < mostNamed) damaged.push(...damage.ranges)
  }
  // Holes of a new file read as zeros.
  const leavesUnused = usedOnly === true || (target.kind === 'file' && !hasPattern)
  const put = (offset: number, bytes: Uint8Array): void | Promise<void> => target.write(offset, bytes)
  const totalBytes = leavesUnused ? image.usedBytes : image.facts.deviceBytes
  report({ type: 'stage', stage: 'restore', totalBytes })
  const progress = paced(report)
  const speed = target.kind === 'device' ? speedOf(totalBytes) : undefined
  let bytes = 0
  const onBytes = (count: number): void => {
    bytes += count
    progress({ type: 'progress', stage: 'restore', bytes, files: 0, totalBytes, ...speed?.(bytes, false) })
  }
  const sink = leavesUnused ? { used: put } : { used: put, unused: put }
  const sum = noSum !== true && usedOnly !== true
  return { sha256: await writePartition(image, sink, { sum, onDamage, onBytes, signal }), damaged }
}
