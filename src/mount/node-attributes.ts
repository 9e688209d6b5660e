/** A row of the catalog as the attributes of a file. */

import { pathToBytes } from '../format/path-text.ts'
import type { Attributes } from '../fuse/tree.ts'
import { folderWithoutRow, type TreeRow } from '../catalog/tree-rows.ts'

/** As in `st_mode` (inode(7)). */
const types: Readonly<Record<string, number>> = {
  dir: 0o040000,
  [folderWithoutRow]: 0o040000,
  file: 0o100000,
  hardlink: 0o100000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  chardev: 0o020000,
  blockdev: 0o060000,
}

export const typeBits = (type: string | undefined): number => types[type ?? ''] ?? 0o100000

export interface NodeFacts {
  readonly inode: number
  readonly links: number
  readonly uid: number
  readonly gid: number
}

export function attributesOf(row: TreeRow, { inode, links, uid, gid }: NodeFacts): Attributes {
  return {
    inode,
    mode: typeBits(row.type) | (row.mode & 0o7777),
    bytes: sizeOf(row),
    links,
    owner: uid,
    group: gid,
    modified: { seconds: row.seconds, nanoseconds: row.nanoseconds },
    ...(row.device === null ? {} : { device: deviceNumber(row.device) }),
  }
}

function sizeOf({ type, size, link }: TreeRow): number {
  if (type === 'symlink') return link === null ? 0 : pathToBytes(link).length
  return size === null || size < 0 ? 0 : size
}

/** `major,minor` in the 32 bits that the kernel takes (new_encode_dev in linux/kdev_t.h). */
function deviceNumber(device: string): number {
  const [major = 0, minor = 0] = device.split(',').map(Number)
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0
}
