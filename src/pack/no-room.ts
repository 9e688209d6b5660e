/** The errors for a full disc or destination. */

import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'

export const tooSmall = (): ButcherError =>
  new ButcherError('medium', 'a disc of this medium has no room for anything beside its own catalog', {
    hint: 'take a larger medium',
  })

export const noRoom = (destination: string): ButcherError =>
  new ButcherError('no-space', `cannot write to ${showPath(destination)}: no space left on the device`, {
    path: destination,
    hint: 'make room, then run the same command again to continue',
  })
