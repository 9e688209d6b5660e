/** A queued file with the metadata that it has now. */

import fs from 'node:fs'
import type { QueuedItem } from '../catalog/work-queue.ts'
import { readAttributesText } from '../files/attributes.ts'
import { keptTime } from '../format/kept-time.ts'
import { fileInSource, type SourceTree } from '../format/source-tree.ts'

/** Undefined if it is not a file any more. */
export function itemNow(source: SourceTree, queued: QueuedItem): QueuedItem | undefined {
  const file = fileInSource(source, queued.path)
  let stat: fs.BigIntStats
  let attributes: string | null
  try {
    stat = fs.lstatSync(file, { bigint: true })
    attributes = readAttributesText(file)
  } catch {
    return undefined
  }
  if (!stat.isFile()) return undefined
  return {
    ...queued,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: keptTime(stat.mtimeNs),
    ctime: keptTime(stat.ctimeNs),
    inode: stat.ino,
    size: Number(stat.size),
    attributes,
    allocated: Number(stat.blocks) * 512,
  }
}
