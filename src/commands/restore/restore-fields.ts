/** The fields of its options and their allowed values, for the command line and the library. */

import type { RestoreOptions } from './restore-options.ts'
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
  secretFields,
  text,
} from '../../options/check-fields.ts'
import { jobs, pathFields } from '../../options/shared-fields.ts'
import { storeField } from '../../remote/remote-options.ts'

export const restoreFields: Fields<RestoreOptions> = {
  ...secretFields,
  ...runFields,
  store: storeField,
  ...pathFields,
  from: needed(filledList(aPath)),
  destination: needed(aPath),
  index: optional(aPath),
  at: optional(text),
  forgotten: optional(flag),
  overwrite: optional(flag),
  dryRun: optional(flag),
  salvage: optional(flag),
  jobs,
  requestDisc: optional(callback),
  devices: optional(list(aPath)),
}
