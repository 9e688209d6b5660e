/** The fields of the options of the verbs for partition images, and their allowed values. */

import { aPath, type Fields, needed, runFields } from '../../options/check-fields.ts'
import type { PartitionInfoOptions } from './partition-options.ts'

export const partitionInfoFields: Fields<PartitionInfoOptions> = {
  ...runFields,
  image: needed(aPath),
}
