/**
 * The destination of a restore. A folder that butcher makes gets the source's metadata, even if only a part
 * is restored. It is never more open than the source. A folder that exists stays as it is.
 */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { setAttributes } from '../files/attributes.ts'
import { accessAcl, parseAttributes } from '../format/attributes.ts'
import {
  type FolderState,
  isSameButOpen,
  isUnfinished,
  makeUnfinished,
  openFolder,
  ownerAll,
  putNotedBack,
  stateOf,
} from './found-folders.ts'
import type { Metadata } from './metadata.ts'
import { removeDeadWorkFolders } from './work-folder.ts'

export interface DestinationFolder {
  readonly wasEmpty: boolean
  /** Undefined if a restore made the folder: this one, or an earlier one that did not finish. */
  readonly found: FolderState | undefined
}

/**
 * Makes or opens the destination, and removes the leftovers of killed runs. `root`: the source's metadata.
 */
export function prepareDestination(destination: string, root: Metadata | undefined): DestinationFolder {
  try {
    const there = fs.statSync(destination, { throwIfNoEntry: false })
    if (there === undefined) {
      makeAbove(path.dirname(destination), modeAbove(root))
      makeUnfinished(destination)
      return { wasEmpty: true, found: undefined }
    }
    const is = stateOf(destination)
    openFolder(destination, there)
    const noted = removeDeadWorkFolders(destination)
    putNotedBack(
      destination,
      noted.filter(({ path: name }) => name !== ''),
    )
    const was = noted.find((one) => one.path === '' && isSameButOpen(is, one)) ?? is
    return {
      wasEmpty: fs.readdirSync(destination).length === 0,
      found: isUnfinished(there) ? undefined : was,
    }
  } catch (error) {
    const { message, cause } = asButcherError(error, 'cannot restore to', destination)
    throw new ButcherError('destination', message, { path: destination, cause })
  }
}

/** With an ACL, the group bits are the mask for everybody whom the ACL names. */
function modeAbove(root: Metadata | undefined): number {
  if (root === undefined) return ownerAll
  const hasAcl = root.attributes !== null && parseAttributes(root.attributes)?.has(accessAcl) !== false
  return ownerAll | (root.mode & (hasAcl ? 0o007 : 0o077))
}

/** Node's own `recursive` never ends if the system reports ENOENT below an existing folder, as /proc does. */
function makeAbove(folder: string, mode: number): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeAbove(path.dirname(folder), mode)
  fs.mkdirSync(folder, ownerAll)
  // An ACL inherited from the parent folder could open it to others.
  setAttributes(folder, new Map())
  fs.chmodSync(folder, mode & ~process.umask())
}
