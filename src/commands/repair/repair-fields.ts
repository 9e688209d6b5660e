/** The fields of its options and their allowed values, for the command line and the library. */

import type { RepairOptions } from './repair-options.ts'
import { aPath, type Fields, needed, runFields } from '../../options/check-fields.ts'
import { jobs } from '../../options/shared-fields.ts'

export const repairFields: Fields<RepairOptions> = {
  ...runFields,
  disc: needed(aPath),
  out: needed(aPath),
  jobs,
}
