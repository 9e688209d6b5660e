/** The options of `noteDiscs`. */

import type { StoreUser } from '../../remote/remote-options.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface NoteDiscsOptions extends ChangeSetOptions, DiscNotes, StoreUser {}

export interface DiscNotes {
  readonly locate?: readonly { readonly discs: readonly number[]; readonly place: string }[]
  readonly lost?: readonly number[]
  /** The same for spares. A lost spare is removed. */
  readonly locateSpares?: readonly { readonly spares: readonly number[]; readonly place: string }[]
  readonly lostSpares?: readonly number[]
  readonly found?: readonly number[]
  /** The number of the copy, if a disc has several. */
  readonly copy?: number
}
