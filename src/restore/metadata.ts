/**
 * Gives a path its owner, extended attributes, mode and time. A path whose owner is not given back gets no right that is
 * meant for that owner: no setuid, no setgid, no file capabilities.
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
  /** As the catalog writes them. */
  readonly attributes: string | null
  /** 1: the file had holes, and gets them back. */
  readonly sparse?: number | null
}

/** What a path did not get. */
export interface Missed {
  readonly attributes: readonly Unset[]
  /** It has another owner or group than in the backup. */
  readonly owner: boolean
  /** setuid, setgid or capabilities, which are left out because of that. */
  readonly rights: boolean
  /** The file system does not take its mode. */
  readonly mode: boolean
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const setuid = 0o4000
const setgid = 0o2000
const capability = 'security.capability'

/** Of a file or a directory; never of what a symlink points to. */
export function setMetadata(file: string | Buffer, metadata: Metadata): Missed {
  let descriptor: number
  try {
    descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    // An ordinary user may not be able to open a file of their own.
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

/** Of a symlink, a FIFO or a device, which cannot be opened for this. */
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

/** A change of owner takes setuid, setgid and capabilities away, a new ACL setgid, and a mode without `w` the leave to set any. */
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

/** A file system without owners, or a system that does not know this one, refuses it with one of these. */
const refusals = new Set(['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EOVERFLOW'])

/** Only root gives files away. Others give a file of theirs to a group that they are in. */
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

/** What of mode and attributes a path may have whose owner and group are given back, or are not. */
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

/** False where the file system takes none, or not this one. */
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
    // It keeps the mode that the file system gives to all.
  }
  return false
}
