/** `butcher partition info`: the header of a partition image. */

import { openImage } from '../../partition/open-partition-image.ts'
import { checkFields } from '../../options/check-fields.ts'
import { partitionInfoFields } from './partition-fields.ts'
import type { PartitionInfo, PartitionInfoOptions } from './partition-options.ts'

/**
 * Reads header and bitmap, and no blocks. A wrong checksum of them is a warning. Throws `damaged` if the file
 * is no partition image, and `io`.
 */
export async function partitionInfo(options: PartitionInfoOptions): Promise<PartitionInfo> {
  checkFields('partitionInfo', partitionInfoFields, options)
  const { image: path, ...run } = options
  const image = await openImage(path, { ...run, ignoreChecksums: true })
  try {
    return { facts: image.facts, details: image.details }
  } finally {
    await image.close()
  }
}
