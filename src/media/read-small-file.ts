/** Inspects files of a disc from an unknown source: pipes, devices and circular links do no harm. */

import { inspectFile, openFile } from './disc-files.ts'

/** Undefined if it is not a regular file, or cannot be inspected. */
export function sizeOfFile(file: string): number | undefined {
  try {
    const look = inspectFile(file)
    return look?.kind === 'file' ? look.sizeBytes : undefined
  } catch {
    return undefined
  }
}

/** The text of `file`; undefined if it is missing, not a regular file, or longer than `maxBytes`. */
export function readSmallFile(file: string, maxBytes: number): string | undefined {
  try {
    const open = openFile(file)
    try {
      if (open.sizeBytes > maxBytes) return undefined
      const bytes = Buffer.alloc(open.sizeBytes)
      let done = 0
      for (let count = -1; count !== 0 && done < bytes.length; done += count) {
        count = open.readAt(bytes.subarray(done), done)
      }
      return bytes.toString('utf8', 0, done)
    } finally {
      open.close()
    }
  } catch {
    return undefined
  }
}
