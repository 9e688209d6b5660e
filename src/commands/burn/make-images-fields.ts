/** The fields of its options and their allowed values, for the command line and the library. */

import type { MakeImagesOptions } from './make-images-options.ts'
import { callback, type Fields, list, optional, whole } from '../../options/check-fields.ts'
import { changeFields } from '../../options/shared-fields.ts'

export const makeImagesFields: Fields<MakeImagesOptions> = {
  ...changeFields,
  discs: optional(list(whole)),
  spares: optional(list(whole)),
  onImage: optional(callback),
}
