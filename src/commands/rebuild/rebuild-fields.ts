/** The fields of its options and their allowed values, for the command line and the library. */

import type { RebuildOptions } from './rebuild-options.ts'
import { aPath, type Fields, flag, needed, optional } from '../../options/check-fields.ts'
import { jobs } from '../../options/shared-fields.ts'
import { fromFields } from '../../remote/remote-options.ts'

export const rebuildFields: Fields<RebuildOptions> = {
  ...fromFields,
  catalog: needed(aPath),
  overwrite: optional(flag),
  jobs,
}
