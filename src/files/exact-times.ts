/**
 * Times to the nanosecond. Node's own calls take seconds as a double, which is up to 120 ns off for times of
 * this century. So butcher calls the C library if possible.
 */

import fs from 'node:fs'
import { cLibrary } from './c-library.ts'
import { windowsCalls } from './windows-calls.ts'

/** A time since 1970: `seconds` can be negative, `nanoseconds` cannot. */
export interface Time {
  readonly seconds: number
  readonly nanoseconds: number
}

interface SystemCalls {
  readonly futimens: (descriptor: number, times: Buffer) => number
  readonly utimensat: (folder: number, path: Buffer, times: Buffer, flags: number) => number
  readonly errno: () => number
}

const calls = loadCalls()

/** Whether times can be set to the nanosecond here; otherwise they are some 100 ns off. */
export const timesAreExact: boolean = calls !== undefined

/** Sets the modification time of an open file. */
export function setFileTime(descriptor: number, time: Time): void {
  if (calls === undefined) fs.futimesSync(descriptor, asDate(time), asDate(time))
  else check(calls.futimens(descriptor, timesOf(time)), calls)
}

/** Sets the modification time of a path; does not follow a symlink. */
export function setPathTime(path: string | Buffer, time: Time): void {
  if (calls === undefined) {
    if (typeof path === 'string' && windowsCalls()?.setTime(path, time)) return
    fs.lutimesSync(path, asDate(time), asDate(time))
    return
  }
  const zeroEnded = Buffer.concat([Buffer.from(path as string), Buffer.alloc(1)])
  check(calls.utimensat(system.currentFolder, zeroEnded, timesOf(time), system.noFollow), calls)
}

/**
 * Access and modification time as two `struct timespec` of 64-bit numbers. The access time stays unchanged.
 */
const times = Buffer.alloc(32)

function timesOf(time: Time): Buffer {
  times.writeBigInt64LE(system.omit, 8)
  times.writeBigInt64LE(BigInt(time.seconds), 16)
  times.writeBigInt64LE(BigInt(time.nanoseconds), 24)
  return times
}

/** Node takes a Date or seconds, but only positive seconds. */
function asDate(time: Time): number | Date {
  const seconds = time.seconds + time.nanoseconds / 1e9
  return seconds >= 0 ? seconds : new Date(seconds * 1000)
}

/** AT_FDCWD, AT_SYMLINK_NOFOLLOW and UTIME_OMIT of <fcntl.h> and <sys/stat.h>. */
const system =
  process.platform === 'darwin'
    ? { currentFolder: -2, noFollow: 0x20, omit: -2n }
    : { currentFolder: -100, noFollow: 0x100, omit: (1n << 30n) - 2n }

function loadCalls(): SystemCalls | undefined {
  if (cLibrary === undefined) return undefined
  const { func, errno } = cLibrary
  try {
    return {
      futimens: func('int futimens(int descriptor, const void *times)'),
      utimensat: func('int utimensat(int folder, const char *path, const void *times, int flags)'),
      errno,
    }
  } catch {
    return undefined
  }
}

function check(result: number, { errno }: SystemCalls): void {
  if (result !== 0)
    throw Object.assign(new Error(`cannot set the time (error ${errno()})`), { code: 'EUTIME' })
}
