/** The fields of its options and their allowed values, for the command line and the library. */

import type { VerifyOptions } from './verify-options.ts'
import { aPath, callback, type Fields, flag, optional, whole } from '../../options/check-fields.ts'
import { fromFields } from '../../remote/remote-options.ts'

export const verifyFields: Fields<VerifyOptions> = {
  ...fromFields,
  index: optional(aPath),
  mustOpen: optional(flag),
  save: optional(aPath),
  map: optional(aPath),
  record: optional(aPath),
  copy: optional(whole),
  onFile: optional(callback),
  onLoss: optional(callback),
}
