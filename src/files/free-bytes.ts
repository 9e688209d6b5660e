/** The free space of a file system. */

import fs from 'node:fs'

/**
 * Kept free for journal records and the file system itself: this share of the free space, and at least this
 * much.
 */
const keptShare = 0.05
const keptBytes = 65_536

/** The bytes for new files below `folder`; Infinity if the system does not report them. */
export function freeBytesIn(folder: string): number {
  try {
    const { blocks, bavail, bsize } = fs.statfsSync(folder)
    return blocks === 0 ? Infinity : Math.max(0, Math.floor(bavail * bsize * (1 - keptShare)) - keptBytes)
  } catch {
    return Infinity
  }
}
