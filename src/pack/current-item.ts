/** An item as the source has it when it is packed. */

import { keptTime } from '../format/kept-time.ts'
import type fs from 'node:fs'
import { readAttributesText } from '../files/attributes.ts'
import { takesNoMore } from '../format/attributes.ts'
import type { PackItem } from './protocol.ts'

/**
 * The item as the open file is, which may be newer than what the walk saw. Undefined where its attributes take more room
 * than was planned.
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
