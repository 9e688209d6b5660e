/** Looking at files of a disc that anybody may have made: pipes, devices and links in a circle do no harm. */

import { lookAt, openFile } from './disc-files.ts'

/** Undefined of what is no plain file, or cannot be looked at. */
export function sizeOfFile(file: string): number | undefined {
  try {
    const look = lookAt(file)
    return look?.kind === 'file' ? look.sizeBytes : undefined
  } catch {
    return undefined
  }
}

/** The text of `file`, or undefined where there is no such file, or it is no plain one, or longer than `maxBytes`. */
export function readShortFile(file: string, maxBytes: number): string | undefined {
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
