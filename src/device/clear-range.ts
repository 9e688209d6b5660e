/** Fills a range of a disk with zeros by one order to the disk, where the disk knows it. */

import { cLibrary } from '../files/c-library.ts'

/** FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE of <linux/falloc.h>. */
const keepSize = 0x01
const punchHole = 0x02

type Call = (...values: readonly unknown[]) => number
/** koffi's functions have a form that waits in a thread. */
type Waiting = Call & {
  readonly async?: (...values: readonly [...unknown[], (error: unknown, result: number) => void]) => void
}

let allocate: Waiting | undefined

/**
 * Resolves with false if the disk cannot, or koffi is missing: then nothing has changed. Of a disk, the
 * kernel promises zeros after this call, and refuses if it would have to write them itself.
 */
export async function clearRange(fd: number, offset: number, length: number): Promise<boolean> {
  if (process.platform !== 'linux') return false
  allocate ??= cLibrary?.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)')
  const wait = allocate?.async
  if (wait === undefined) return false
  const status = await new Promise<number>((resolve) =>
    wait(fd, keepSize | punchHole, offset, length, (error, result) => resolve(error == null ? result : -1)),
  )
  return status === 0
}
