/** Finds the disk that the user names, and refuses those that butcher must not touch. */

import fs from 'node:fs'
import type { Device } from '../../device/device.ts'
import { findDevice, listDevices, type Machine } from '../../device/list-devices.ts'
import { shellWord } from '../../format/shell-word.ts'
import { ButcherError, systemText } from '../../errors.ts'

/**
 * The disk at `file`, or at the target of that link. Throws `source` if it is no disk, or none that butcher
 * may read or write. `internal`: a disk inside of the machine that nothing uses may be written, too.
 */
export async function chooseDevice(
  machine: Machine,
  file: string,
  mode: 'read' | 'write',
  internal = false,
): Promise<Device> {
  const code = mode === 'read' ? 'source' : 'destination'
  let real: string
  try {
    real = fs.realpathSync(file)
  } catch (cause) {
    throw new ButcherError(code, `cannot open ${file}: ${systemText(cause)}`, { path: file, cause })
  }
  const device = findDevice(await listDevices(machine), real, file)
  const { bus, system, bytes } = device
  const isInternal = device.reason?.startsWith('it is a disk inside') === true
  if (device.selectable || (isInternal && (mode === 'read' || internal) && !system && bytes > 0)) {
    if (mode === 'read' || !device.readOnly) return device
    throw new ButcherError(code, `${device.path} is read-only`, {
      path: device.path,
      hint:
        bus === 'sd' || bus === 'usb' ? 'move the switch at the side of the card' : 'make it writable first',
    })
  }
  throw new ButcherError(code, `butcher does not ${mode} ${device.path}: ${device.reason}`, {
    path: device.path,
    hint: hintFor(device, isInternal && mode === 'write'),
  })
}

function hintFor({ system, mounted }: Device, wantsInternal: boolean): string {
  if (wantsInternal) return 'if you mean this disk, say --internal'
  if (!system && mounted.length > 0) return `unmount it first: umount ${mounted.map(shellWord).join(' ')}`
  return 'butcher device list --all shows every disk'
}
