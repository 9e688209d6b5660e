/** The manifest line of the source directory itself. */

import { keptTime } from '../../format/kept-time.ts'
import fs from 'node:fs'
import { dirname } from 'node:path'
import { readAttributesText } from '../../files/attributes.ts'
import { ownerNames } from '../../files/owner-names.ts'
import type { Attributes } from '../../format/attributes.ts'
import type { RootLine } from '../../format/manifest.ts'
import { pathForSystem } from '../../format/path-text.ts'
import type { SourceTree } from '../../format/source-tree.ts'

/**
 * A disk, or an image that is taken as a partition, is in the folder that the line is of. Several sources are
 * in no folder: the line is of one as the user would make it when the backup began.
 */
export function rootEntry(tree: SourceTree, backupNumber: number, startedMs: number): RootLine {
  if (typeof tree !== 'string') return madeRoot(backupNumber, startedMs)
  const path = pathForSystem(tree)
  const isFolder = fs.statSync(path).isDirectory()
  const source = isFolder ? tree : dirname(tree)
  const stat = fs.statSync(pathForSystem(source), { bigint: true })
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

/** Its mode lets others in: the sources in it have modes of their own. */
function madeRoot(backupNumber: number, startedMs: number): RootLine {
  const owners = ownerNames()
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  return {
    t: 'root',
    backup: backupNumber,
    mode: 0o755,
    uid,
    gid,
    user: owners.user(uid),
    group: owners.group(gid),
    mtime: String(keptTime(BigInt(startedMs) * 1_000_000n)),
  }
}

/** The source may be a symlink to the folder. */
function rootAttributes(source: string): string | null {
  try {
    return readAttributesText(pathForSystem(`${source}/.`))
  } catch {
    return null // it is no reason not to back up what is in it
  }
}
