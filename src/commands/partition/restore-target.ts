/** The place that a partition is restored to: a file, a disk or partition, or a stream. */

import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { asButcherError, ButcherError } from '../../errors.ts'
import { removeQuietly, renameDurably, writeAll } from '../../files/durable.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { showSize } from '../../format/size-text.ts'
import { deviceTarget } from './device-target.ts'
import type { RestorePartitionOptions } from './partition-options.ts'
import type { Needed, RestoreTarget } from './target.ts'

/** Throws `exists`, `usage`, `no-space`, `destination`, `locked`, `io`. */
export async function openTarget(options: RestorePartitionOptions, needed: Needed): Promise<RestoreTarget> {
  const { out } = options
  if (out === '-') return streamTarget(process.stdout, 'standard output')
  const stat = fs.statSync(out, { throwIfNoEntry: false })
  if (stat?.isBlockDevice()) return deviceTarget(options, needed)
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
      return false
    },
    drop: (error) => {
      closeQuietly(fd)
      removeQuietly(temporary)
      return error
    },
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
      if (stream === process.stdout) return false
      stream.end()
      await once(stream, 'close')
      return false
    },
    drop: (error) => {
      if (stream !== process.stdout) stream.destroy()
      return error
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
