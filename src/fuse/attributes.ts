/** The kernel's form of attributes and directory entries. */

import { pathToBytes } from '../format/path-text.ts'
import { attributesBytes, direntBytes, entryBytes, pageBytes } from './protocol.ts'
import type { Attributes, DirectoryEntry, Node, Time } from './tree.ts'

/** Nothing changes in a read-only mount: the kernel may keep names and attributes for a year. */
const validSeconds = 365 * 86_400

const typeShift = 12
const typeMask = 0o17

export function putUint64(target: Buffer, value: number, at: number): void {
  target.writeUInt32LE(value % 2 ** 32, at)
  target.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
}

export const takeUint64 = (source: Buffer, at: number): number =>
  source.readUInt32LE(at) + source.readUInt32LE(at + 4) * 2 ** 32

const putSeconds = (target: Buffer, seconds: number, at: number): void => {
  target.writeUInt32LE(seconds >>> 0, at)
  target.writeInt32LE(Math.floor(seconds / 2 ** 32), at + 4)
}

/** `struct fuse_attr`. */
function putAttributes(target: Buffer, at: number, node: Node, attributes: Attributes): void {
  const { mode, bytes, owner, group, modified } = attributes
  const times: readonly Time[] = [attributes.accessed ?? modified, modified, attributes.changed ?? modified]
  putUint64(target, attributes.inode ?? node, at)
  putUint64(target, bytes, at + 8)
  putUint64(target, attributes.blocks ?? Math.ceil(bytes / 512), at + 16)
  times.forEach(({ seconds, nanoseconds }, i) => {
    putSeconds(target, seconds, at + 24 + i * 8)
    target.writeUInt32LE(nanoseconds, at + 48 + i * 4)
  })
  target.writeUInt32LE(mode, at + 60)
  target.writeUInt32LE(attributes.links ?? 1, at + 64)
  target.writeUInt32LE(owner, at + 68)
  target.writeUInt32LE(group, at + 72)
  target.writeUInt32LE(attributes.device ?? 0, at + 76)
  target.writeUInt32LE(pageBytes, at + 80)
  target.writeUInt32LE(0, at + 84)
}

/** The answer to GETATTR: validity u64, its nanoseconds u32, padding u32, attributes. Its length. */
export function putAttributesAnswer(target: Buffer, at: number, node: Node, attributes: Attributes): number {
  putUint64(target, validSeconds, at)
  putUint64(target, 0, at + 8)
  putAttributes(target, at + 16, node, attributes)
  return 16 + attributesBytes
}

/** `struct fuse_entry_out`. Its length. */
export function putEntry(target: Buffer, at: number, node: Node, attributes: Attributes): number {
  putUint64(target, node, at)
  putUint64(target, 0, at + 8)
  putUint64(target, validSeconds, at + 16)
  putUint64(target, validSeconds, at + 24)
  putUint64(target, 0, at + 32)
  putAttributes(target, at + 40, node, attributes)
  return entryBytes
}

/** An entry that says: there is no such name, and there will be none. */
export function putNoEntry(target: Buffer, at: number): number {
  target.fill(0, at, at + entryBytes)
  putUint64(target, validSeconds, at + 16)
  return entryBytes
}

const paddedTo8 = (bytes: number): number => (bytes + 7) & ~7

/** UTF-8 takes at most three bytes for each unit of UTF-16. */
const mostBytesOf = (name: string): number => 3 * name.length

/**
 * `struct fuse_dirent` with the offset of the next entry. Its length, or 0 if it does not fit before `end`.
 */
export function putDirent(
  target: Buffer,
  at: number,
  end: number,
  { name, node = 0, mode, inode = node }: DirectoryEntry,
  next: number,
): number {
  const nameAt = at + direntBytes
  const bytes = name.isWellFormed() ? undefined : pathToBytes(name)
  if (nameAt + paddedTo8(mostBytesOf(name)) > end) {
    const exact = bytes?.length ?? Buffer.byteLength(name)
    if (at + paddedTo8(direntBytes + exact) > end) return 0
  }
  if (bytes) target.set(bytes, nameAt)
  const nameBytes = bytes?.length ?? target.write(name, nameAt)
  const length = paddedTo8(direntBytes + nameBytes)
  putUint64(target, inode, at)
  putUint64(target, next, at + 8)
  target.writeUInt32LE(nameBytes, at + 16)
  target.writeUInt32LE((mode >>> typeShift) & typeMask, at + 20)
  for (let i = nameAt + nameBytes; i < at + length; i++) target[i] = 0
  return length
}
