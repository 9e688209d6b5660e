/**
 * Sets owner, extended attributes, mode and time of a path. If the owner cannot be restored, the path gets no
 * rights meant for that owner: no setuid, no setgid, no file capabilities.
 */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { type AttributesOf, setAttributes, type Unset } from '../files/attributes.ts'
import { setFileTime, setPathTime, type Time } from '../files/exact-times.ts'
import { parseAttributes } from '../format/attributes.ts'

export interface Metadata extends Time {
  readonly mode: number
  /** -1: not known. */
  readonly uid: number
  readonly gid: number
  /** In the catalog's form. */
  readonly attributes: string | null
  /** 1: the file had holes, and gets them back. */
  readonly sparse?: number | null
}

/** The metadata that could not be set. */
export interface Missed {
  readonly attributes: readonly Unset[]
  /** The owner or group differs from the backup. */
  readonly owner: boolean
  /** setuid, setgid or capabilities were left out for that reason. */
  readonly rights: boolean
  /** The file system does not take the mode. */
  readonly mode: boolean
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const setuid = 0o4000
const setgid = 0o2000
const capability = 'security.capability'

/** For a file or a directory; never for the target of a symlink. */
export function setMetadata(file: string | Buffer, metadata: Metadata): Missed {
  // Windows sets no metadata of a file that is open to read.
  if (process.platform === 'win32') return setAll(pathCalls(file), metadata)
  let descriptor: number
  try {
    descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    // Ordinary users may be unable to open their own file.
    if (systemCode(error) !== 'EACCES' || fs.lstatSync(file).isSymbolicLink()) throw error
    return setAll(pathCalls(file), metadata)
  }
  try {
    return setOpenMetadata(descriptor, metadata)
  } finally {
    fs.closeSync(descriptor)
  }
}

export function setOpenMetadata(descriptor: number, metadata: Metadata): Missed {
  return setAll(
    {
      attributesOf: descriptor,
      stat: () => fs.fstatSync(descriptor),
      chown: (uid, gid) => fs.fchownSync(descriptor, uid, gid),
      chmod: (mode) => fs.fchmodSync(descriptor, mode),
      setTime: (time) => setFileTime(descriptor, time),
    },
    metadata,
  )
}

/** For a symlink, a FIFO or a device, which cannot be opened for this. */
export const setNodeMetadata = (node: string | Buffer, metadata: Metadata): Missed =>
  setAll(pathCalls(node), metadata)

interface Calls {
  readonly attributesOf: AttributesOf
  readonly stat: () => fs.Stats
  readonly chown: (uid: number, gid: number) => void
  readonly chmod: (mode: number) => void
  readonly setTime: (time: Time) => void
}

const pathCalls = (path: string | Buffer): Calls => ({
  attributesOf: path,
  stat: () => fs.lstatSync(path),
  chown: (uid, gid) => fs.lchownSync(path, uid, gid),
  chmod: (mode) => fs.chmodSync(path, mode),
  setTime: (time) => setPathTime(path, time),
})

/**
 * The order matters: chown clears setuid, setgid and capabilities, and a new ACL clears setgid. A file
 * without `w` takes no attributes.
 */
function setAll(calls: Calls, metadata: Metadata): Missed {
  const before = calls.stat()
  const isLink = before.isSymbolicLink()
  const mayAlways = isLink || isRoot()
  const owner = giveOwner(calls, before, metadata)
  if (!mayAlways && (before.mode & 0o600) !== 0o600) calls.chmod((before.mode & 0o777) | 0o600)
  const kept = withoutRights(metadata, owner)
  const attributes = setAttributes(calls.attributesOf, kept.attributes)
  const mode = isLink || giveMode(calls, before, kept.mode)
  calls.setTime(metadata)
  return {
    attributes: [...kept.unset, ...attributes],
    owner: (metadata.uid >= 0 && !owner.uid) || (metadata.gid >= 0 && !owner.gid),
    rights: kept.rights,
    mode: !mode,
  }
}

interface GivenOwner {
  readonly uid: boolean
  readonly gid: boolean
}

/** The errors of a file system without owners, or of a system that does not know this owner. */
const refusals = new Set(['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EOVERFLOW'])

/** Only root can give files away. Other users can give their files to a group that they belong to. */
function giveOwner(calls: Calls, before: fs.Stats, { uid, gid }: Metadata): GivenOwner {
  const wanted = {
    uid: uid >= 0 && isRoot() ? uid : before.uid,
    gid: gid >= 0 && (isRoot() || (isOwn(before) && ownGroups().has(gid))) ? gid : before.gid,
  }
  let is = { uid: before.uid, gid: before.gid }
  if (wanted.uid !== is.uid || wanted.gid !== is.gid) {
    try {
      calls.chown(wanted.uid, wanted.gid)
      is = wanted
    } catch (error) {
      if (!refusals.has(systemCode(error) ?? '')) throw error
    }
  }
  return { uid: is.uid === uid, gid: is.gid === gid }
}

const isRoot = (): boolean => process.geteuid?.() === 0
const isOwn = (stat: fs.Stats): boolean => stat.uid === process.geteuid?.()

let groups: ReadonlySet<number> | undefined

function ownGroups(): ReadonlySet<number> {
  groups ??= new Set([process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])])
  return groups
}

interface Kept {
  readonly mode: number
  readonly attributes: ReadonlyMap<string, Buffer>
  readonly unset: readonly Unset[]
  readonly rights: boolean
}

const none: ReadonlyMap<string, Buffer> = new Map()

/** The mode and attributes that a path may have, given whether its owner and group could be set. */
function withoutRights({ mode, attributes }: Metadata, owner: GivenOwner): Kept {
  const keptMode = mode & ~(owner.uid ? 0 : setuid) & ~(owner.gid ? 0 : setgid)
  const wanted = attributes === null ? none : parseAttributes(attributes)
  if (wanted === undefined) {
    const unset = [{ name: 'what the catalog has', code: 'EINVAL' }]
    return { mode: keptMode, attributes: none, unset, rights: keptMode !== mode }
  }
  if ((owner.uid && owner.gid) || !wanted.has(capability))
    return { mode: keptMode, attributes: wanted, unset: [], rights: keptMode !== mode }
  const others = new Map([...wanted].filter(([name]) => name !== capability))
  return { mode: keptMode, attributes: others, unset: [], rights: true }
}

/** False if the file system takes no modes, or not this one. */
function giveMode(calls: Calls, before: fs.Stats, mode: number): boolean {
  try {
    calls.chmod(mode)
    return true
  } catch (error) {
    if (!(isRoot() || isOwn(before)) || !refusals.has(systemCode(error) ?? '')) throw error
  }
  try {
    calls.chmod(mode & 0o777)
  } catch {
    // The path keeps the mode that the file system gives to all files.
  }
  return false
}
