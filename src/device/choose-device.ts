/** Finds the disk that the user names, and refuses those that butcher must not touch. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemText } from '../errors.ts'
import { shellWord } from '../format/shell-word.ts'
import type { Device, DevicePartition } from './device.ts'
import { findDevice, isOutside, listDevices, type Machine } from './list-devices.ts'
import { readMounts } from './mount-table.ts'
import { readText } from './read-tree.ts'
import { isDesktopPlace } from './uses.ts'

type Mode = 'read' | 'write'

/**
 * The disk at `file`, or at the target of that link. Throws `source` if it is no disk, or none that butcher
 * may read or write. `internal`: a disk inside of the machine that nothing uses may be written, too.
 */
export async function chooseDevice(
  machine: Machine,
  file: string,
  mode: Mode,
  internal = false,
): Promise<Device> {
  const real = realDevice(machine, file, mode)
  return judged(findDevice(await listDevices(machine), real, file), mode, internal)
}

/**
 * The same for a disk or a partition that is to be written. A partition keeps the facts of its disk, but has
 * its own path and size. Other partitions of the disk may be mounted, if they do not belong to the system.
 */
export async function chooseTarget(machine: Machine, file: string, internal = false): Promise<Device> {
  const real = realDevice(machine, file, 'write')
  const devices = await listDevices(machine)
  const disk = devices.find(
    (one) => one.path !== real && one.partitions.some((partition) => partition.path === real),
  )
  if (disk === undefined) return judged(findDevice(devices, real, file), 'write', internal)
  const partition = disk.partitions.find((one) => one.path === real) as DevicePartition
  const mounted = await placesOf(machine, real)
  const inUse = mounted.filter((place) => !isDesktopPlace(place))
  const reason =
    inUse.length > 0 && !disk.system
      ? `${mountedAt} ${inUse.join(', ')}`
      : disk.reason?.startsWith(mountedAt)
        ? insideReason(disk)
        : disk.reason
  return judged(
    {
      ...disk,
      path: real,
      bytes: partition.bytes,
      partitions: [partition],
      mounted,
      selectable: reason === null,
      reason,
    },
    'write',
    internal,
  )
}

const inside = 'it is a disk inside of the machine'
const mountedAt = 'it is mounted at'
const insideReason = ({ bus }: Device): string | null => (isOutside(bus) ? null : inside)

/** The path that the kernel's name has, as seen from the root folder of the machine. */
function realDevice({ root }: Machine, file: string, mode: Mode): string {
  try {
    const real = fs.realpathSync(path.join(root, path.resolve(file)))
    return path.join('/', path.relative(fs.realpathSync(root), real))
  } catch (cause) {
    throw new ButcherError(codeOf(mode), `cannot open ${file}: ${systemText(cause)}`, { path: file, cause })
  }
}

const codeOf = (mode: Mode): 'source' | 'destination' => (mode === 'read' ? 'source' : 'destination')

async function placesOf({ root }: Machine, partition: string): Promise<readonly string[]> {
  const name = partition.slice('/dev/'.length).replaceAll('/', '!')
  const number = await readText(path.join(root, 'sys/class/block', name, 'dev'))
  const mounts = await readMounts(root)
  const places = mounts.filter((mount) => mount.number === number || mount.source === partition)
  return [...new Set(places.map(({ place }) => place))]
}

function judged(device: Device, mode: Mode, internal: boolean): Device {
  const { bus, system, bytes } = device
  const isInternal = device.reason === inside
  if (device.selectable || (isInternal && (mode === 'read' || internal) && !system && bytes > 0)) {
    if (mode === 'read' || !device.readOnly) return device
    throw new ButcherError(codeOf(mode), `${device.path} is read-only`, {
      path: device.path,
      hint:
        bus === 'sd' || bus === 'usb' ? 'move the switch at the side of the card' : 'make it writable first',
    })
  }
  throw new ButcherError(codeOf(mode), `butcher does not ${mode} ${device.path}: ${device.reason}`, {
    path: device.path,
    hint: hintFor(device, isInternal && mode === 'write'),
  })
}

function hintFor({ system, mounted }: Device, wantsInternal: boolean): string {
  if (wantsInternal) return 'if you mean this disk, say --internal'
  if (!system && mounted.length > 0) return `unmount it first: umount ${mounted.map(shellWord).join(' ')}`
  return 'butcher device list --all shows every disk'
}
