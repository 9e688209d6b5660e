/** A hard link is another name of a file, or of what is none: a symlink, a FIFO, a device. Only a file has a size. */

import type { EntryType } from './manifest.ts'

/** Whether a path has a content: its own, or as one of the names of a file. */
export const isFile = (entry: { readonly type: EntryType | 'gone'; readonly size: number | null }): boolean =>
  entry.type === 'file' || (entry.type === 'hardlink' && entry.size !== null)

/** What several names may share besides files, by the types of the catalog. */
export const linkedNodes: ReadonlySet<string> = new Set(['symlink', 'fifo', 'chardev', 'blockdev'])
