/** The fields of its options and their allowed values, for the command line and the library. */

import {
  aPath,
  type Fields,
  filledList,
  flag,
  list,
  needed,
  optional,
  runFields,
  secretFields,
} from '../../options/check-fields.ts'
import type { MountOptions } from './mount-options.ts'
import { storeField } from '../../remote/remote-options.ts'

export const mountFields: Fields<MountOptions> = {
  ...secretFields,
  ...runFields,
  store: storeField,
  from: needed(filledList(aPath)),
  folder: needed(aPath),
  index: optional(aPath),
  devices: optional(list(aPath)),
  allowOther: optional(flag),
  forgotten: optional(flag),
}
