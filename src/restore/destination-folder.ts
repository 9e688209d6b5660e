/**
 * The folder that a restore goes into. One that butcher makes becomes what the source was, also where only some of it is
 * restored, and is never more open than that. One that is there stays as it is.
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
  /** Undefined where a restore made it, this one or one that did not come to its end. */
  readonly found: FolderState | undefined
}

/** Makes it, or opens it, and removes what killed runs have left in it. `root`: what the source itself was. */
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

/** With an ACL the bits of the group are the most that anybody named in it may do. */
function modeAbove(root: Metadata | undefined): number {
  if (root === undefined) return ownerAll
  const hasAcl = root.attributes !== null && parseAttributes(root.attributes)?.has(accessAcl) !== false
  return ownerAll | (root.mode & (hasAcl ? 0o007 : 0o077))
}

/** Node's own `recursive` never ends where the system says ENOENT below a folder that is there, as /proc does. */
function makeAbove(folder: string, mode: number): void {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeAbove(path.dirname(folder), mode)
  fs.mkdirSync(folder, ownerAll)
  // An ACL that it got from the folder above may open it to others.
  setAttributes(folder, new Map())
  fs.chmodSync(folder, mode & ~process.umask())
}
