/** The fields of the options of the verbs for partition images, and their allowed values. */

import {
  aPath,
  callback,
  type Fields,
  flag,
  list,
  needed,
  optional,
  runFields,
  text,
} from '../../options/check-fields.ts'
import { hexPattern } from '../../partition/open-fields.ts'
import type {
  CheckPartitionOptions,
  ClonezillaInfoOptions,
  PartitionInfoOptions,
  RestorePartitionOptions,
} from './partition-options.ts'

export const partitionInfoFields: Fields<PartitionInfoOptions> = {
  ...runFields,
  image: needed(aPath),
}

export const clonezillaInfoFields: Fields<ClonezillaInfoOptions> = {
  ...runFields,
  folder: needed(aPath),
}

export const checkPartitionFields: Fields<CheckPartitionOptions> = {
  ...runFields,
  image: needed(aPath),
  files: optional(flag),
  onDamage: optional(callback),
  onFile: optional(callback),
}

export const restorePartitionFields: Fields<RestorePartitionOptions> = {
  ...runFields,
  image: needed(aPath),
  out: needed(aPath),
  fill: optional(hexPattern),
  bootSectorCopy: optional(flag),
  ignoreChecksums: optional(flag),
  usedOnly: optional(flag),
  noSum: optional(flag),
  overwrite: optional(flag),
  erase: optional(list(text)),
  confirm: optional(callback),
  verify: optional(flag),
  internal: optional(flag),
}
