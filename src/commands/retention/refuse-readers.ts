/** A mount reads the chunks that a prune removes. */

import path from 'node:path'
import { ButcherError } from '../../errors.ts'
import { isWithin } from '../../files/is-within.ts'
import { showPath } from '../../format/path-text.ts'
import { mountEntries, mountType } from '../../fuse/mount-point.ts'

/** Throws `locked` if the set in `destination` is mounted on this machine. */
export function refuseReaders(destination: string): void {
  const real = path.resolve(destination)
  const mount = mountEntries().find(
    ({ type, source }) => type === mountType && (isWithin(real, source) || isWithin(source, real)),
  )
  if (mount === undefined) return
  throw new ButcherError('locked', `${showPath(destination)} is mounted at ${showPath(mount.folder)}`, {
    path: destination,
    hint: `unmount it first: butcher unmount ${showPath(mount.folder)}`,
  })
}
