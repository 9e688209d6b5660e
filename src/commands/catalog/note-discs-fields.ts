/** The fields of its options and their allowed values, for the command line and the library. */

import type { NoteDiscsOptions } from './note-discs-options.ts'
import { type Fields, line, list, needed, object, optional, whole } from '../../options/check-fields.ts'
import { changeFields } from '../../options/shared-fields.ts'
import { storeField } from '../../remote/remote-options.ts'

export const noteDiscsFields: Fields<NoteDiscsOptions> = {
  ...changeFields,
  store: storeField,
  locate: optional(list(object({ discs: needed(list(whole)), place: needed(line) }))),
  lost: optional(list(whole)),
  found: optional(list(whole)),
  locateSpares: optional(list(object({ spares: needed(list(whole)), place: needed(line) }))),
  lostSpares: optional(list(whole)),
  copy: optional(whole),
}
