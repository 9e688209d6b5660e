/** The fields of their options and their allowed values, for the command line and the library. */

import {
  type Fields,
  filledList,
  flag,
  list,
  needed,
  optional,
  parsed,
  whole,
} from '../../options/check-fields.ts'
import { changeFields } from '../../options/shared-fields.ts'
import { storeField } from '../../remote/remote-options.ts'
import { checkZone, parseSpan } from '../../retention/calendar.ts'
import type { ForgetOptions, PinOptions } from './forget-options.ts'
import type { PruneOptions } from './prune-options.ts'

export const forgetFields: Fields<ForgetOptions> = {
  ...changeFields,
  store: storeField,
  keepLast: optional(whole),
  keepHourly: optional(whole),
  keepDaily: optional(whole),
  keepWeekly: optional(whole),
  keepMonthly: optional(whole),
  keepYearly: optional(whole),
  keepWithin: optional(parsed('a span of time, such as 7d, 3m or 1y6m', parseSpan)),
  zone: optional(parsed('a time zone, such as Europe/Berlin', checkZone)),
  backups: optional(list(whole)),
  undo: optional(list(whole)),
  force: optional(flag),
  dryRun: optional(flag),
}

export const pruneFields: Fields<PruneOptions> = {
  ...changeFields,
  store: storeField,
  dryRun: optional(flag),
}

export const pinFields: Fields<PinOptions> = {
  ...changeFields,
  store: storeField,
  backups: needed(filledList(whole)),
}
