/** Looking at files of a disc that anybody may have made: pipes, devices and links in a circle do no harm. */

import fs from 'node:fs'

/** Undefined of what is no plain file, or cannot be looked at. */
export function sizeOfFile(file: string): number | undefined {
  try {
    const stat = fs.statSync(file)
    return stat.isFile() ? stat.size : undefined
  } catch {
    return undefined
  }
}

/** The text of `file`, or undefined where there is no such file, or it is no plain one, or longer than `maxBytes`. */
export function readShortFile(file: string, maxBytes: number): string | undefined {
  let descriptor: number
  try {
    // A pipe that nobody writes to would be waited for.
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stat = fs.fstatSync(descriptor)
    return stat.isFile() && stat.size <= maxBytes ? fs.readFileSync(descriptor, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    fs.closeSync(descriptor)
  }
}
