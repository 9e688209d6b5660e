/** The fields of its options and their allowed values, for the command line and the library. */

import type { RebuildOptions } from './rebuild-options.ts'
import {
  aPath,
  type Fields,
  filledList,
  flag,
  needed,
  optional,
  runFields,
  secretFields,
} from '../../options/check-fields.ts'
import { jobs } from '../../options/shared-fields.ts'
import { storeField } from '../../remote/remote-options.ts'

export const rebuildFields: Fields<RebuildOptions> = {
  ...secretFields,
  ...runFields,
  store: storeField,
  from: needed(filledList(aPath)),
  catalog: needed(aPath),
  overwrite: optional(flag),
  jobs,
}
