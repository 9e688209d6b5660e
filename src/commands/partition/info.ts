/** `butcher partition info`: the header of a partition image, or the images of a Clonezilla folder. */

import { openImage } from '../../partition/open-partition-image.ts'
import { checkFields } from '../../options/check-fields.ts'
import { type ClonezillaFolder, readClonezilla } from '../../partition/clonezilla.ts'
import { clonezillaInfoFields, partitionInfoFields } from './partition-fields.ts'
import type { ClonezillaInfoOptions, PartitionInfo, PartitionInfoOptions } from './partition-options.ts'

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

/**
 * Lists what a folder of Clonezilla holds, and reads the header of each image. An image that cannot be read
 * has a `problem`. Throws `source` for another folder, and `io`.
 */
export async function clonezillaInfo(options: ClonezillaInfoOptions): Promise<ClonezillaFolder> {
  checkFields('clonezillaInfo', clonezillaInfoFields, options)
  const { folder, ...run } = options
  return readClonezilla(folder, run)
}
