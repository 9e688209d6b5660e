/** The place that a partition is restored to: a file, a block device, or a stream. */

import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { asButcherError, ButcherError, systemCode } from '../../errors.ts'
import { removeQuietly, renameDurably, writeAll } from '../../files/durable.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { deviceNumbers } from '../../format/device-numbers.ts'
import { showSize } from '../../format/size-text.ts'
import type { RestorePartitionOptions } from './partition-options.ts'

export interface RestoreTarget {
  readonly kind: 'file' | 'device' | 'stream'
  write(offset: number, bytes: Uint8Array): void | Promise<void>
  /** Makes the data durable; a file gets its name. */
  finish(): Promise<void>
  /** After a failure. A file is removed. */
  drop(): void
}

/** The sizes of the partition. */
export interface Needed {
  readonly deviceBytes: number
  /** Bytes that a file gets. */
  readonly writtenBytes: number
}

/** Throws `exists`, `usage`, `no-space`, `destination`, `io`. */
export function openTarget(options: RestorePartitionOptions, needed: Needed): RestoreTarget {
  const { out } = options
  if (out === '-') return streamTarget(process.stdout, 'standard output')
  const stat = fs.statSync(out, { throwIfNoEntry: false })
  if (stat?.isBlockDevice()) return deviceTarget(out, stat.rdev, needed)
  if (options.usedOnly === true) {
    throw new ButcherError('usage', `${out} is not a device: only the unused blocks of one can be kept`, {
      path: out,
    })
  }
  if (stat && !stat.isFile()) {
    if (stat.isDirectory())
      throw new ButcherError('usage', `${out} is a folder`, { path: out, hint: 'give a file' })
    return streamTarget(openStream(out), out)
  }
  if (stat && stat.size > 0 && options.overwrite !== true) {
    throw new ButcherError('exists', `${out} exists`, { path: out, hint: 'replace it with --overwrite' })
  }
  if (stat && isSameFile(options.image, stat)) {
    throw new ButcherError('usage', `${out} is the image itself`, { path: out })
  }
  return fileTarget(out, needed)
}

function isSameFile(image: string, { dev, ino }: fs.Stats): boolean {
  const stat = image === '-' ? undefined : fs.statSync(image, { throwIfNoEntry: false })
  return stat?.dev === dev && stat.ino === ino
}

function fileTarget(out: string, { deviceBytes, writtenBytes }: Needed): RestoreTarget {
  const folder = path.dirname(out)
  const free = freeBytesIn(folder)
  if (free < writtenBytes) {
    throw new ButcherError(
      'no-space',
      `the partition needs ${showSize(writtenBytes)}, but ${folder} has ${showSize(free)} free`,
      { path: out },
    )
  }
  const temporary = `${out}.${process.pid}.partial`
  let fd: number
  try {
    fd = fs.openSync(temporary, 'wx', 0o644)
    fs.ftruncateSync(fd, deviceBytes)
  } catch (error) {
    removeQuietly(temporary)
    throw asButcherError(error, 'cannot write', out)
  }
  return {
    kind: 'file',
    write: (offset, bytes) => writeAll(fd, bytes, offset),
    finish: async () => {
      fs.fsyncSync(fd)
      fs.closeSync(fd)
      renameDurably(temporary, out)
    },
    drop: () => {
      closeQuietly(fd)
      removeQuietly(temporary)
    },
  }
}

function deviceTarget(out: string, rdev: number, { deviceBytes }: Needed): RestoreTarget {
  const { O_RDWR, O_EXCL } = fs.constants
  let fd: number
  try {
    // With O_EXCL the kernel refuses a device that is mounted, or that LVM, RAID or swap uses.
    fd = fs.openSync(out, O_RDWR | O_EXCL)
  } catch (error) {
    if (systemCode(error) !== 'EBUSY') throw asButcherError(error, 'cannot open', out)
    throw new ButcherError('destination', `${out} is in use: it is mounted, or part of swap, LVM or RAID`, {
      path: out,
      hint: 'unmount it first',
      cause: error,
    })
  }
  const bytes = bytesOfDevice(rdev)
  if (bytes !== undefined && bytes < deviceBytes) {
    fs.closeSync(fd)
    throw new ButcherError('no-space', `${out} has ${bytes} bytes, but the partition ${deviceBytes}`, {
      path: out,
      hint: 'give a larger device',
    })
  }
  return {
    kind: 'device',
    write: (offset, data) => writeAll(fd, data, offset),
    finish: async () => {
      fs.fsyncSync(fd)
      fs.closeSync(fd)
    },
    drop: () => closeQuietly(fd),
  }
}

/** Undefined on systems without sysfs. */
function bytesOfDevice(rdev: number): number | undefined {
  const name = deviceNumbers(BigInt(rdev)).replace(',', ':')
  try {
    // In sectors of 512 bytes, whatever the device has.
    return Number(fs.readFileSync(`/sys/dev/block/${name}/size`, 'utf8')) * 512
  } catch {
    return undefined
  }
}

function openStream(out: string): Writable {
  return fs.createWriteStream(out, { flags: 'w' })
}

function streamTarget(stream: Writable, name: string): RestoreTarget {
  let failure: unknown
  stream.on('error', (error) => (failure = error))
  return {
    kind: 'stream',
    write: (_, bytes) =>
      new Promise((resolve, reject) => {
        const done = (error?: Error | null): void => {
          const reason = error ?? failure
          if (reason == null) resolve()
          else reject(asButcherError(reason, 'cannot write to', name))
        }
        stream.write(bytes, done)
      }),
    finish: async () => {
      if (stream === process.stdout) return
      stream.end()
      await once(stream, 'close')
    },
    drop: () => {
      if (stream !== process.stdout) stream.destroy()
    },
  }
}

function closeQuietly(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch {
    // The first error is the one to report.
  }
}
