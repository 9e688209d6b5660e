/** The fields of its options and their allowed values, for the command line and the library. */

import { isSpeed } from '../../burn/write-disc.ts'
import type { BurnOptions } from './burn-options.ts'
import {
  callback,
  type Fields,
  flag,
  list,
  optional,
  pathOrPaths,
  text,
  whole,
} from '../../options/check-fields.ts'
import { changeFields } from '../../options/shared-fields.ts'

export const burnFields: Fields<BurnOptions> = {
  ...changeFields,
  discs: optional(list(whole)),
  device: optional(pathOrPaths),
  copies: optional(whole),
  speed: optional({
    expected: 'a speed like 4, 8x or 2000k',
    fits: (value) => typeof value === 'string' && isSpeed(value),
  }),
  spares: optional(flag),
  blank: optional(flag),
  removeStaged: optional(flag),
  loadCommand: optional(text),
  unloadCommand: optional(text),
  requestBlank: optional(callback),
  requestReload: optional(callback),
  confirmErase: optional(callback),
  onCopy: optional(callback),
}
