/** An item with the metadata that its file has when it is packed. */

import { keptTime } from '../format/kept-time.ts'
import type fs from 'node:fs'
import { readAttributesText } from '../files/attributes.ts'
import { takesNoMore } from '../format/attributes.ts'
import type { PackItem } from './item.ts'

/**
 * The item with the metadata of the open file, which may be newer than the walk's. Undefined if its
 * attributes have grown beyond the planned space.
 */
export function withStat(
  item: PackItem,
  fd: number,
  stat: fs.BigIntStats,
  size: number,
): PackItem | undefined {
  const attributes = keptTime(stat.ctimeNs) === item.ctime ? item.attributes : attributesNow(item, fd)
  if (!takesNoMore(attributes, item.attributes)) return undefined
  return { ...item, ...statNow(stat, size), attributes }
}

function attributesNow(item: PackItem, fd: number): string | null {
  try {
    return readAttributesText(fd)
  } catch {
    return item.attributes
  }
}

const statNow = (stat: fs.BigIntStats, size: number) => ({
  mode: Number(stat.mode) & 0o7777,
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  mtime: keptTime(stat.mtimeNs),
  ctime: keptTime(stat.ctimeNs),
  inode: stat.ino,
  size,
})
