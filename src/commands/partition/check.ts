/** `butcher partition check`: reads all of an image and verifies every checksum. */

import { silent } from '../../events.ts'
import { checkFields } from '../../options/check-fields.ts'
import type { OpenImage } from '../../partition/open-image.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { BlockRange, Damage } from '../../partition/partition-image.ts'
import { paced } from '../../progress.ts'
import { damagedFiles, fileFinder } from './damaged-files.ts'
import { checkPartitionFields } from './partition-fields.ts'
import type { CheckPartitionOptions, PartitionCheck } from './partition-options.ts'

/** Ranges that are kept for the names of files. */
const mostKept = 10_000

/**
 * Reads to the end, past damage. Throws `damaged` if the header does not tell where the blocks are, `program`
 * if the program for `files` is missing or fails, `usage` for `files` of standard input, and `io`.
 */
export async function checkPartition(options: CheckPartitionOptions): Promise<PartitionCheck> {
  checkFields('checkPartition', checkPartitionFields, options)
  const started = Date.now()
  const { image: path, report = silent, signal, onDamage, onFile } = options
  const run = { report, ...(signal ? { signal } : {}) }
  const image = await openImage(path, { ...run, ignoreChecksums: true })
  try {
    const finder = options.files === true ? fileFinder(image.facts, path) : undefined
    const found = new Found(onDamage)
    for (const message of image.faults) found.add({ kind: 'structure', message, ranges: [] })
    await walk(image, found, options)
    const { facts } = image
    const files = finder ? await damagedFiles(finder, path, image.usedBytes, found.ranges, run) : undefined
    for (const file of files ?? []) onFile?.(file)
    const limits =
      found.ranges.length >= mostKept && finder ? [`only the first ${mostKept} ranges are looked up`] : []
    return {
      sound: found.damages === 0,
      blocks: facts.blocksUsed,
      blocksDamaged: found.blocks,
      bytesDamaged: found.bytes,
      damages: found.damages,
      covered: image.layout.coverage,
      files: files?.length ?? null,
      warnings: [...facts.warnings.filter((warning) => !image.faults.includes(warning)), ...limits],
      seconds: (Date.now() - started) / 1000,
    }
  } finally {
    await image.close()
  }
}

async function walk(
  image: OpenImage,
  found: Found,
  { report = silent, signal }: CheckPartitionOptions,
): Promise<void> {
  const totalBytes = image.usedBytes
  report({ type: 'stage', stage: 'verify', totalBytes })
  const progress = paced(report)
  let bytes = 0
  const onBytes = (count: number): void => {
    bytes = Math.min(totalBytes, bytes + count)
    progress({ type: 'progress', stage: 'verify', bytes, files: 0, totalBytes })
  }
  const options = { onDamage: (damage: Damage) => found.add(damage), withData: false, reuse: true, onBytes }
  for await (const blocks of image.walk(options, signal)) void blocks
}

class Found {
  damages = 0
  blocks = 0
  bytes = 0
  /** The first ranges. */
  readonly ranges: BlockRange[] = []
  readonly #onDamage: ((damage: Damage) => void) | undefined

  constructor(onDamage: ((damage: Damage) => void) | undefined) {
    this.#onDamage = onDamage
  }

  add(damage: Damage): void {
    this.damages++
    for (const range of damage.ranges) {
      this.blocks += range.blocks
      this.bytes += range.bytes
      if (this.ranges.length < mostKept) this.ranges.push(range)
    }
    this.#onDamage?.(damage)
  }
}
