/** What a file system has room for. */

import fs from 'node:fs'

/** Journal records and what a file system needs for itself: of what is free, and in any case. */
const keptShare = 0.05
const keptBytes = 65_536

/** Bytes of new files that fit below `folder`; Infinity where the system does not say. */
export function freeRoom(folder: string): number {
  try {
    const { blocks, bavail, bsize } = fs.statfsSync(folder)
    return blocks === 0 ? Infinity : Math.max(0, Math.floor(bavail * bsize * (1 - keptShare)) - keptBytes)
  } catch {
    return Infinity
  }
}
