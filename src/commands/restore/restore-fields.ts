/** The fields of its options and their allowed values, for the command line and the library. */

import type { RestoreOptions } from './restore-options.ts'
import {
  aPath,
  callback,
  type Fields,
  flag,
  list,
  needed,
  optional,
  text,
} from '../../options/check-fields.ts'
import { jobs, pathFields } from '../../options/shared-fields.ts'
import { fromFields } from '../../remote/remote-options.ts'

export const restoreFields: Fields<RestoreOptions> = {
  ...fromFields,
  ...pathFields,
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
