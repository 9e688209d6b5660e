/** The fields of the options of `spare` and `recover`, and their allowed values. */

import type { MakeSpareOptions } from './spare-options.ts'
import type { RecoverOptions } from './spare-options.ts'
import {
  aPath,
  callback,
  type Fields,
  filledList,
  list,
  needed,
  optional,
  runFields,
  whole,
} from '../../options/check-fields.ts'
import { changeFields } from '../../options/shared-fields.ts'

export const makeSpareFields: Fields<MakeSpareOptions> = {
  ...changeFields,
  discs: needed(filledList(whole)),
  from: optional(list(aPath)),
  requestDisc: optional(callback),
}

export const recoverFields: Fields<RecoverOptions> = {
  ...runFields,
  disc: needed(whole),
  from: needed(filledList(aPath)),
  out: needed(aPath),
  requestDisc: optional(callback),
}
