/** A hard link is another name of a file, symlink, FIFO or device. Only a file has a size. */

import type { EntryType } from './manifest.ts'

/** Whether a path has content: its own, or that of the file that it links to. */
export const isFile = (entry: { readonly type: EntryType | 'gone'; readonly size: number | null }): boolean =>
  entry.type === 'file' || (entry.type === 'hardlink' && entry.size !== null)

/** Types other than files that can have several names, in the catalog's words. */
export const linkedNodes: ReadonlySet<string> = new Set(['symlink', 'fifo', 'chardev', 'blockdev'])
