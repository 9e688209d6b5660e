/** The fields of its options, and what they may hold: for the command line and the library alike. */

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

export const rebuildFields: Fields<RebuildOptions> = {
  ...secretFields,
  ...runFields,
  from: needed(filledList(aPath)),
  catalog: needed(aPath),
  overwrite: optional(flag),
  jobs,
}
