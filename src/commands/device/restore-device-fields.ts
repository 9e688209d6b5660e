/** The fields of its options and their allowed values, for the command line and the library. */

import {
  aPath,
  callback,
  type Fields,
  filledList,
  flag,
  list,
  needed,
  optional,
  runFields,
  text,
  whole,
} from '../../options/check-fields.ts'
import type { RestoreDeviceOptions } from './restore-device-options.ts'

export const restoreDeviceFields: Fields<RestoreDeviceOptions> = {
  ...runFields,
  image: needed(aPath),
  devices: needed(filledList(aPath)),
  erase: optional(list(text)),
  confirm: optional(callback),
  bytes: optional(whole),
  verify: optional(flag),
  internal: optional(flag),
  moveGpt: optional(flag),
}
