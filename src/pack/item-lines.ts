/** The manifest lines for the items that a chunk stores. */

import { type DiscLine, type EntryLine, formatLine, type ManifestLine } from '../format/manifest.ts'
import type { Attributes } from '../format/attributes.ts'
import type { PackItem } from './item.ts'

/** The entry line of `item` as backup `backup` finds it. */
export function entryLine(
  item: Omit<PackItem, 'seq' | 'size' | 'content'>,
  backup: number,
  stored: { readonly size: number | null; readonly content: number | null; readonly member?: string | null },
): EntryLine {
  const member = stored.content === null ? null : (stored.member ?? item.member)
  return {
    t: 'entry',
    path: item.path,
    first: backup,
    type: item.type,
    mode: item.mode,
    uid: item.uid,
    gid: item.gid,
    user: item.user,
    group: item.group,
    mtime: String(item.mtime),
    ctime: String(item.ctime),
    inode: String(item.inode),
    size: stored.size,
    content: stored.content,
    member: member === item.path ? null : member,
    link: item.link,
    device: item.device,
    ...(item.attributes === null ? {} : { attributes: JSON.parse(item.attributes) as Attributes }),
    ...(item.sparse === true ? { sparse: true } : {}),
  }
}

/** The most bytes that `item` adds to the manifest. */
export function manifestBound(item: PackItem): number {
  if (item.record) return item.record.reduce((sum, line) => sum + Buffer.byteLength(formatLine(line)), 0)
  const path = JSON.stringify(item.path).length * 3
  const names = path * (item.member === item.path ? 1 : 2) + 3 * JSON.stringify(item.link ?? '').length
  const attributes = item.attributes === null ? 0 : 16 + Buffer.byteLength(item.attributes)
  // If the item fails or changes: one line that it is gone, and one for the problem.
  const trouble = path * 2 + 240
  // The fixed fields of an entry line and a content line, with two SHA-512 hashes and the longest numbers.
  return 780 + names + attributes + trouble + (item.part ? 560 + path : 0)
}

export const linesText = (lines: readonly ManifestLine[]): string => lines.map(formatLine).join('')

/** The line of the chunk's disc, longer numbers in the first line, and the line that ends a backup. */
export const discLineBytes = 768

/** The first line has the chunk's number. The disc may be new in this run. */
export const headOf = (
  head: readonly ManifestLine[],
  chunk: number,
  disc: DiscLine,
  backup: number,
  contents: number,
): ManifestLine[] => [
  ...head.map((line) =>
    line.t === 'chunk' ? { ...line, chunk, disc: disc.number, backup, contents } : line,
  ),
  disc,
]
