/** Opens a disk for this process alone, and makes sure that it is the disk that was listed. */

import fs from 'node:fs'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import type { Device } from './device.ts'
import { readHardware } from './hardware.ts'
import { readText } from './read-tree.ts'

const { O_RDONLY, O_RDWR, O_EXCL, O_DIRECT, O_DSYNC, O_NOFOLLOW } = fs.constants

export interface OpenDevice {
  readonly fd: number
  /** Whether the disk was unplugged since: a driver may answer EIO then, as for a bad sector. */
  readonly isGone: () => boolean
  readonly close: () => void
}

/**
 * Opens with O_EXCL: the kernel refuses a disk of which anything is mounted, and refuses mounts meanwhile.
 * Opens past the cache, so that errors come with the piece that they belong to. Throws `locked` if the disk
 * is in use, `source` if it is gone or another one has its name.
 */
export async function openDevice(root: string, device: Device, mode: 'read' | 'write'): Promise<OpenDevice> {
  const access = mode === 'read' ? O_RDONLY : O_RDWR
  const fd = openPastCache(device.path, access | O_EXCL | (O_NOFOLLOW ?? 0), mode)
  const close = once(() => fs.closeSync(fd))
  try {
    const folder = folderOf(root, fd, device)
    await compareIdentity(folder, device)
    // A card that is taken out of a reader leaves the disk there, without a size.
    const identity = (): string =>
      ['dev', 'diskseq', 'size'].map((name) => readNow(path.join(folder, name))).join()
    const opened = identity()
    return { fd, isGone: () => identity() !== opened, close }
  } catch (error) {
    close()
    throw error
  }
}

function readNow(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function openPastCache(file: string, flags: number, mode: 'read' | 'write'): number {
  const cacheless = [O_DIRECT, mode === 'write' ? O_DSYNC : 0].filter((flag) => flag !== undefined)
  for (const [i, flag] of cacheless.entries()) {
    try {
      return fs.openSync(file, flags | flag)
    } catch (error) {
      if (systemCode(error) !== 'EINVAL' || i === cacheless.length - 1) throw openError(error, file)
    }
  }
  throw new ButcherError('io', `cannot open ${file}`)
}

function openError(error: unknown, file: string): ButcherError {
  const code = systemCode(error)
  const say = (what: ButcherError['code'], why: string, hint: string): ButcherError =>
    new ButcherError(what, `cannot open ${file}: ${why}`, { path: file, hint, cause: error })
  if (code === 'EBUSY')
    return say('locked', 'it is in use', 'unmount its partitions, and end programs that use it')
  if (code === 'EACCES' || code === 'EPERM') return say('io', 'permission denied', 'run butcher as root')
  if (code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV')
    return say('source', 'it is gone', 'plug it in again')
  if (code === 'ENOMEDIUM') return say('source', 'it holds no medium', 'insert a card')
  if (code === 'EROFS')
    return say('destination', 'it is read-only', 'move the switch at the side of the card')
  return asButcherError(error, 'cannot open', file)
}

/** The folder of the open disk below `/sys`, by its number: names like sdb are given anew. */
function folderOf(root: string, fd: number, device: Device): string {
  const stats = fs.fstatSync(fd)
  if (!stats.isBlockDevice()) throw new ButcherError('source', `${device.path} is not a disk`)
  // The split of Linux's dev_t, as in glibc's gnu_dev_major and gnu_dev_minor.
  const number = BigInt(fs.fstatSync(fd, { bigint: true }).rdev)
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n)
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n)
  return path.join(root, 'sys/dev/block', `${major}:${minor}`)
}

async function compareIdentity(folder: string, device: Device): Promise<void> {
  const real = await realpath(folder).catch(() => folder)
  // A partition lies below its disk.
  const disk = (await readText(path.join(real, 'partition'))) === null ? real : path.dirname(real)
  const [sectors, sequence, { model, serial }] = await Promise.all([
    readText(path.join(real, 'size')),
    readText(path.join(disk, 'diskseq')),
    readHardware({ name: path.basename(disk), folder: disk }),
  ])
  const isSame =
    Number(sectors) * 512 === device.bytes &&
    (device.sequence === null || sequence === null || Number(sequence) === device.sequence) &&
    model === device.model &&
    serial === device.serial
  if (!isSame) {
    throw new ButcherError('source', `${device.path} is another disk now than a moment ago`, {
      path: device.path,
      hint: 'list the disks again: butcher device list',
    })
  }
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}
