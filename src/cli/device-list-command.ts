import { devices as listAll } from '../commands/device/devices.ts'
import type { Device } from '../device/device.ts'
import { exitStatus } from '../errors.ts'
import { showSize } from '../format/size-text.ts'
import { flag } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonText } from './json-lines.ts'
import type { DeviceObject, Typed } from './json-rows.ts'
import { textTable } from './text-table.ts'

export const deviceListCommand: Command = {
  name: 'device list',
  positionals: [],
  options: ['all', 'json', 'quiet', 'no-progress'],
  describes: { all: 'list every disk, also those that butcher does not offer, with the reason' },
  examples: [
    ['butcher device list', 'the SD cards and USB disks that can be imaged or written'],
    ['butcher device list --all', 'every disk, and why butcher does not offer it'],
  ],
  notes: [
    'butcher offers SD cards and USB disks. It never offers a disk that carries a folder of the running system, swap, or a device built on it.',
    'Before you write, compare the size and the serial number with the label of the disk.',
  ],
  run: async ({ args, output, reporter }) => {
    const devices = await listAll()
    const isShown = (device: Device): boolean =>
      flag(args, 'all') || (device.selectable && device.bus !== 'loop')
    const shown = devices.filter((device) => !isUnusedLoop(device) && isShown(device))
    if (reporter.json) for (const device of shown) output.line(jsonText(deviceObject(device)))
    else if (shown.length === 0)
      output.line('no SD card or USB disk (butcher device list --all shows every disk)')
    else for (const line of deviceTable(shown, output.tableWidth)) output.line(line)
    await output.flush()
    return exitStatus.done
  },
}

/** Systems have some of them for later: no user means them. */
const isUnusedLoop = ({ bus, bytes }: Device): boolean => bus === 'loop' && bytes === 0

function deviceTable(devices: readonly Device[], width: number | undefined): string[] {
  const rows = devices.map((device) => [
    device.path,
    showSize(device.bytes),
    device.bus,
    device.model ?? '-',
    device.serial ?? '-',
    contentText(device),
    remarkText(device),
  ])
  const header = ['disk', 'size', 'bus', 'model', 'serial', 'holds', 'remarks']
  return textTable([header, ...rows], { right: [1], optional: [5], width })
}

const contentText = ({ partitions }: Device): string =>
  partitions
    .map(({ fileSystem, label }) => `${fileSystem ?? '?'}${label === null ? '' : ` "${label}"`}`)
    .join(', ') || '-'

const remarkText = ({ reason, mounted, readOnly }: Device): string =>
  [
    reason,
    reason === null && mounted.length > 0 ? `mounted at ${mounted.join(', ')}` : null,
    readOnly ? 'read-only' : null,
  ]
    .filter((remark) => remark !== null)
    .join('; ')

const deviceObject = (device: Device): Typed<DeviceObject> => ({
  type: 'device',
  path: device.path,
  bytes: device.bytes,
  sector_bytes: device.sectorBytes,
  model: device.model,
  serial: device.serial,
  bus: device.bus,
  removable: device.removable,
  read_only: device.readOnly,
  system: device.system,
  mounted: device.mounted,
  partitions: device.partitions.map(({ path, bytes, fileSystem, label }) => ({
    path,
    bytes,
    file_system: fileSystem,
    label,
  })),
  selectable: device.selectable,
  reason: device.reason,
})
