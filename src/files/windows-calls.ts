/** Calls of Windows that Node.js lacks, through koffi. Undefined on other systems, and without koffi. */

import path from 'node:path'
import { loadKoffi } from './koffi.ts'

/** As in exact-times.ts. */
interface Time {
  readonly seconds: number
  readonly nanoseconds: number
}

export interface WindowsCalls {
  /** Sets the modification time to 100 ns; does not follow a symlink. False if Windows refuses. */
  readonly setTime: (file: string, time: Time) => boolean
  /** When the process started, as Windows counts it. Undefined if it has ended, or is another user's. */
  readonly processStart: (pid: number) => string | undefined
}

let loaded: { readonly calls: WindowsCalls | undefined } | undefined

export function windowsCalls(): WindowsCalls | undefined {
  if (process.platform !== 'win32') return undefined
  loaded ??= { calls: load() }
  return loaded.calls
}

/** From <winnt.h>, <winbase.h> and <minwinbase.h>. */
const writeAttributes = 0x100
const shareAll = 7
const openExisting = 3
/** Opens folders as well, and a link instead of its target. */
const ofPathItself = 0x0200_0000 | 0x0020_0000
const queryLimited = 0x1000
const stillActive = 259
const invalidHandle = -1

function load(): WindowsCalls | undefined {
  try {
    const kernel = loadKoffi().load('kernel32.dll')
    // Handles are as large as a pointer, and few enough bits are used that a number holds them.
    const open = kernel.func(
      'int64 CreateFileW(str16 name, uint32 access, uint32 share, void *security, uint32 how, uint32 flags, void *like)',
    )
    const close = kernel.func('int CloseHandle(int64 handle)')
    const setFileTime = kernel.func(
      'int SetFileTime(int64 handle, const void *made, const void *used, const void *written)',
    )
    const openProcess = kernel.func('int64 OpenProcess(uint32 access, int inherit, uint32 process)')
    const exitCode = kernel.func('int GetExitCodeProcess(int64 handle, void *code)')
    const processTimes = kernel.func(
      'int GetProcessTimes(int64 handle, void *start, void *end, void *kernel, void *user)',
    )
    return {
      setTime: (file, time) => {
        const name = path.toNamespacedPath(file)
        const handle = Number(open(name, writeAttributes, shareAll, null, openExisting, ofPathItself, null))
        if (handle === invalidHandle) return false
        try {
          return setFileTime(handle, null, null, fileTime(time)) !== 0
        } finally {
          close(handle)
        }
      },
      processStart: (pid) => {
        const handle = Number(openProcess(queryLimited, 0, pid))
        if (handle === 0) return undefined
        try {
          const code = Buffer.alloc(4)
          const [start, end, inKernel, asUser] = [0, 0, 0, 0].map(() => Buffer.alloc(8)) as Buffer[]
          // A process that has ended stays as long as anyone has a handle of it.
          if (exitCode(handle, code) === 0 || code.readUInt32LE() !== stillActive) return undefined
          if (processTimes(handle, start, end, inKernel, asUser) === 0) return undefined
          return String((start as Buffer).readBigUInt64LE())
        } finally {
          close(handle)
        }
      },
    }
  } catch {
    return undefined
  }
}

/** Seconds from 1601, where Windows begins to count, to 1970. */
const since1601 = 11_644_473_600n

/** A FILETIME: units of 100 ns since 1601. Times before that become 1601. */
export function fileTime({ seconds, nanoseconds }: Time): Buffer {
  const units = (BigInt(seconds) + since1601) * 10_000_000n + BigInt(Math.floor(nanoseconds / 100))
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(units < 0n ? 0n : units)
  return bytes
}
