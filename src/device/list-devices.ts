/** Lists the disks with a judgement: which one may be imaged or written, and why not the others. */

import { ButcherError } from '../errors.ts'
import type { Bus, Device } from './device.ts'
import { type ProbeContent, readContent, readHardware, showHarmless } from './hardware.ts'
import { readMounts, readSwaps } from './mount-table.ts'
import { type BlockDisk, readBlockTree, readText } from './read-tree.ts'
import { isDesktopPlace, type ShowPools, traceUses, type Uses } from './uses.ts'

/** The ways to the machine. Tests give a made-up root folder. */
export interface Machine {
  readonly root: string
  readonly probe: ProbeContent
  readonly showPools: ShowPools
}

/** Every disk of the machine. Throws `io` if `/sys` cannot be read. */
export async function listDevices(machine: Machine): Promise<readonly Device[]> {
  const { root, showPools } = machine
  const [disks, mounts, swaps] = await Promise.all([readBlockTree(root), readMounts(root), readSwaps(root)])
  const uses = await traceUses(root, disks, mounts, swaps, showPools)
  const shown = disks.filter((disk) => !isHiddenPart(disk))
  const devices = await Promise.all(shown.map((disk) => describe(machine, disk, uses)))
  return devices.map((device) => ({
    ...device,
    twins: devices.filter((other) => other !== device && isTwin(device, other)).map(({ path }) => path),
  }))
}

/** Whether a question after serial or model cannot tell the two disks apart. */
function isTwin(one: Facts, other: Facts): boolean {
  if (one.bytes === 0 || other.bytes === 0) return false
  if (one.serial !== null || other.serial !== null)
    return one.serial?.toLowerCase() === other.serial?.toLowerCase()
  return one.model === other.model && (one.model !== null || one.bytes === other.bytes)
}

/** Soldered flash memory has areas of its own for booting: no user means them. */
const isHiddenPart = ({ name }: BlockDisk): boolean => /^mmcblk\d+(boot\d|rpmb)/.test(name)

async function describe(machine: Machine, disk: BlockDisk, uses: Uses): Promise<Omit<Device, 'twins'>> {
  const read = (file: string): Promise<string | null> => readText(`${disk.folder}/${file}`)
  const [hardware, removable, readOnly, sector, sequence] = await Promise.all([
    readHardware(disk),
    read('removable'),
    read('ro'),
    read('queue/logical_block_size'),
    read('diskseq'),
  ])
  const isReal = disk.bytes > 0 && !isVirtual(hardware.bus)
  const partitions = await Promise.all(
    (disk.partitions.length > 0 || !isReal ? disk.partitions : [disk]).map(async (node) => ({
      path: devicePath(node.name),
      start: node.start,
      bytes: node.bytes,
      ...(await readContent(machine.root, node, machine.probe)),
    })),
  )
  const used = uses.byDisk.get(disk.name) ?? []
  const { bus } = hardware
  const facts = {
    path: devicePath(disk.name),
    bytes: disk.bytes,
    sectorBytes: Number(sector ?? 512),
    ...hardware,
    removable: removable === '1' || bus === 'usb' || bus === 'sd',
    readOnly: readOnly === '1',
    system: used.some(({ isSystem }) => isSystem),
    mounted: used.map(({ place }) => place).filter((place) => place !== null),
    // A disk without a partition table is listed as one partition only if it holds a file system.
    partitions: partitions.filter(
      ({ path: own, fileSystem }) => own !== devicePath(disk.name) || fileSystem !== null,
    ),
    sequence: sequence === null ? null : Number(sequence),
  }
  const reason = reasonAgainst(facts, uses, disk.name)
  return { ...facts, selectable: reason === null, reason }
}

const devicePath = (name: string): string => `/dev/${showHarmless(name.replaceAll('!', '/')) ?? '?'}`

const isVirtual = (bus: Bus): boolean => bus === 'virtual' || bus === 'optical'

/** Whether a disk on this bus is one that people plug in. */
export const isOutside = (bus: Bus): boolean => bus === 'usb' || bus === 'sd' || bus === 'loop'

type Facts = Omit<Device, 'selectable' | 'reason' | 'twins'>

function reasonAgainst(facts: Facts, uses: Uses, name: string): string | null {
  const { bus, bytes, system, mounted } = facts
  const used = uses.byDisk.get(name) ?? []
  if (bus === 'optical') return 'it is an optical drive: butcher burn writes its discs'
  if (bus === 'virtual') return 'it is not a disk of its own, other devices carry it'
  const use = used.find(({ isSystem }) => isSystem)
  if (system && use) return `the running system uses it: ${use.text}`
  if (!uses.isRootTraced) return 'butcher cannot tell which disk the running system is on'
  if (bytes === 0) return bus === 'loop' ? 'it has no file' : 'it holds no medium'
  const inUse = mounted.filter((place) => !isDesktopPlace(place))
  if (inUse.length > 0) return `it is mounted at ${showHarmless(inUse.join(', '))}`
  if (!isOutside(bus)) return 'it is a disk inside of the machine'
  return null
}

/** The device at `path`, a link to it included. Throws `source` if there is none, or if it is a partition. */
export function findDevice(devices: readonly Device[], path: string, shownPath: string): Device {
  const device = devices.find((one) => one.path === path)
  if (device) return device
  const whole = devices.find(({ partitions }) => partitions.some((part) => part.path === path))
  throw new ButcherError(
    'source',
    whole ? `${shownPath} is a partition of ${whole.path}, not a whole disk` : `${shownPath} is not a disk`,
    { hint: 'butcher device list --all shows the disks' },
  )
}
