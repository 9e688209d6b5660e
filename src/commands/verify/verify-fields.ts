/** The fields of its options and their allowed values, for the command line and the library. */

import type { VerifyOptions } from './verify-options.ts'
import {
  aPath,
  callback,
  type Fields,
  filledList,
  flag,
  needed,
  optional,
  runFields,
  secretFields,
  whole,
} from '../../options/check-fields.ts'
import { storeField } from '../../remote/remote-options.ts'

export const verifyFields: Fields<VerifyOptions> = {
  ...secretFields,
  ...runFields,
  store: storeField,
  from: needed(filledList(aPath)),
  index: optional(aPath),
  mustOpen: optional(flag),
  save: optional(aPath),
  map: optional(aPath),
  record: optional(aPath),
  copy: optional(whole),
  onFile: optional(callback),
  onLoss: optional(callback),
}
