/** The manifest line of the source directory itself. */

import { keptTime } from '../../format/kept-time.ts'
import fs from 'node:fs'
import { dirname } from 'node:path'
import { readAttributesText } from '../../files/attributes.ts'
import { ownerNames } from '../../files/owner-names.ts'
import type { Attributes } from '../../format/attributes.ts'
import type { RootLine } from '../../format/manifest.ts'

/** A disk, or an image that is taken as a partition, is in the folder that the line is of. */
export function rootEntry(path: string, backupNumber: number): RootLine {
  const isFolder = fs.statSync(path).isDirectory()
  const source = isFolder ? path : dirname(path)
  const stat = fs.statSync(source, { bigint: true })
  const owners = ownerNames()
  const uid = Number(stat.uid)
  const gid = Number(stat.gid)
  const mode = Number(stat.mode) & 0o7777
  const attributes = rootAttributes(source)
  return {
    t: 'root',
    backup: backupNumber,
    mode,
    uid,
    gid,
    user: owners.user(uid),
    group: owners.group(gid),
    mtime: String(keptTime(stat.mtimeNs)),
    ...(attributes === null ? {} : { attributes: JSON.parse(attributes) as Attributes }),
  }
}

/** The source may be a symlink to the folder. */
function rootAttributes(source: string): string | null {
  try {
    return readAttributesText(`${source}/.`)
  } catch {
    return null // it is no reason not to back up what is in it
  }
}
