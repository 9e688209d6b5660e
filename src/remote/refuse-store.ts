/** Verbs that take no place in a store. */

import { ButcherError } from '../errors.ts'
import { isRclonePlace, showPlace } from '../store/rclone-place.ts'

/** Throws `usage` for a place in a store. `what`: the verb or option. */
export function refuseStore(what: string, place: string): void {
  if (!isRclonePlace(place)) return
  throw new ButcherError('usage', `${showPlace(place)} is in a store, and ${what} works with folders`, {
    hint: 'copy the set to a folder with rclone copy, and give that',
  })
}
