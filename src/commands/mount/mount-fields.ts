/** The fields of its options and their allowed values, for the command line and the library. */

import { aPath, type Fields, flag, list, needed, optional } from '../../options/check-fields.ts'
import type { MountOptions } from './mount-options.ts'
import { fromFields } from '../../remote/remote-options.ts'

export const mountFields: Fields<MountOptions> = {
  ...fromFields,
  folder: needed(aPath),
  index: optional(aPath),
  devices: optional(list(aPath)),
  allowOther: optional(flag),
  forgotten: optional(flag),
}
