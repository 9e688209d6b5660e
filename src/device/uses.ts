/** Which disks the running system uses. Climbs from mounts and swap down to the disks that carry them. */

import { realpath } from 'node:fs/promises'
import path from 'node:path'
import type { Mount } from '../files/mount-table.ts'
import { type BlockDisk, indexNodes, listNames, readText } from './read-tree.ts'

interface Use {
  /** Completes the sentence "the running system uses it: ...". */
  readonly text: string
  /** The place of a mount. null of swap, and of a device that is built on it. */
  readonly place: string | null
  readonly isSystem: boolean
}

export interface Uses {
  /** By the name of the disk. */
  readonly byDisk: ReadonlyMap<string, readonly Use[]>
  /** Whether the disk of `/` was found. If not, any disk might be it. */
  readonly isRootTraced: boolean
}

/** The output of `zpool status -P -L`, or undefined if the program is missing. */
export type ShowPools = () => Promise<string | undefined>

/** Desktops mount the disks that a user plugs in below these folders. */
const desktopFolders = ['/media', '/run/media']
/** People mount a disk below these for a while. Every other place belongs to the system. */
const userFolders = [...desktopFolders, '/mnt', '/tmp', '/var/tmp']

const isBelow = (folder: string, place: string): boolean => place.startsWith(`${folder}/`)

export const isDesktopPlace = (place: string): boolean =>
  desktopFolders.some((folder) => isBelow(folder, place))

const isSystemPlace = (place: string): boolean =>
  place !== '/mnt' && !userFolders.some((folder) => isBelow(folder, place))

/** Throws nothing: a mount without a disk (`proc`, a network) is passed over. */
export async function traceUses(
  root: string,
  disks: readonly BlockDisk[],
  mounts: readonly Mount[],
  swaps: readonly string[],
  showPools: ShowPools,
): Promise<Uses> {
  const { byNumber, byName: byKernelName } = indexNodes(disks)
  const byName = await addLinks(root, byKernelName, [...mounts.map(({ source }) => source), ...swaps])
  const uses = new Map<string, Use[]>()
  const carriers = await carriersOfMounts(root, mounts, byNumber, byName, showPools)

  /** Notes the use for the disk, and for each disk that it is built on. */
  const note = async (disk: BlockDisk, use: Use, seen = new Set<string>()): Promise<void> => {
    if (seen.has(disk.name)) return
    seen.add(disk.name)
    const known = uses.get(disk.name) ?? []
    if (!known.some(({ text }) => text === use.text)) uses.set(disk.name, [...known, use])
    // A file of a disk may carry a file system of its own: only the system's use of it concerns the disk.
    const counts = use.isSystem || !/^loop\d/.test(disk.name)
    if (!counts) return
    for (const below of await disksBelow(disk, byName, mounts, carriers)) await note(below, use, seen)
  }

  for (const [i, mount] of mounts.entries()) {
    const { place } = mount
    const use = { text: `${place} is on it`, place, isSystem: isSystemPlace(place) }
    for (const disk of carriers[i] as readonly BlockDisk[]) await note(disk, use)
  }
  for (const area of swaps) {
    const use = { text: `swap ${area} is on it`, place: null, isSystem: true }
    for (const disk of carriersOfPath(area, byName, mounts, carriers)) await note(disk, use)
  }
  for (const disk of disks) {
    const builtOn = (name: string): Use => ({ text: `${name} is built on it`, place: null, isSystem: true })
    for (const holder of [disk, ...disk.partitions].flatMap(({ holders }) => holders))
      await note(disk, builtOn(holder))
    // The kernel lists no loop device as a holder, and lets others write below it.
    const below = byName.get(deviceName((await readText(path.join(disk.folder, 'loop/backing_file'))) ?? ''))
    if (below) await note(below, builtOn(disk.name))
  }
  const rootMounts = mounts.flatMap(({ place }, i) =>
    place === '/' ? [carriers[i] as readonly BlockDisk[]] : [],
  )
  const isRootTraced = rootMounts.length > 0 && rootMounts.every((below) => below.length > 0)
  return { byDisk: uses, isRootTraced }
}

/** Adds the names that are links to the kernel's: `/dev/mapper/home`, `/dev/disk/by-uuid/...`. */
async function addLinks(
  root: string,
  byName: ReadonlyMap<string, BlockDisk>,
  sources: readonly string[],
): Promise<ReadonlyMap<string, BlockDisk>> {
  const all = new Map(byName)
  for (const disk of new Set(byName.values())) {
    const mapped = await readText(path.join(disk.folder, 'dm/name'))
    if (mapped !== null) all.set(`mapper!${mapped}`, disk)
  }
  for (const source of sources) {
    const name = deviceName(source)
    if (name === '' || all.has(name)) continue
    const target = await realpath(path.join(root, source)).catch(() => undefined)
    const disk = target === undefined ? undefined : byName.get(path.basename(target))
    if (disk) all.set(name, disk)
  }
  return all
}

type Carriers = readonly (readonly BlockDisk[])[]

/** For each mount the disks that carry its file system: several of btrfs and zfs, none of `proc`. */
async function carriersOfMounts(
  root: string,
  mounts: readonly Mount[],
  byNumber: ReadonlyMap<string, BlockDisk>,
  byName: ReadonlyMap<string, BlockDisk>,
  showPools: ShowPools,
): Promise<Carriers> {
  const btrfs = await btrfsDevices(root)
  const pools = mounts.some(({ fileSystem }) => fileSystem === 'zfs')
    ? parsePools((await showPools()) ?? '')
    : new Map()
  return mounts.map(({ number, fileSystem, source }) => {
    const direct = byNumber.get(number) ?? byName.get(deviceName(source))
    if (fileSystem === 'btrfs') {
      const siblings = btrfs.find((names) => names.includes(deviceName(source))) ?? [deviceName(source)]
      return siblings.map((name) => byName.get(name)).filter((disk) => disk !== undefined)
    }
    if (fileSystem === 'zfs') {
      const names: readonly string[] = pools.get(source.split('/')[0]) ?? []
      return names.map((name) => byName.get(name)).filter((disk) => disk !== undefined)
    }
    return direct ? [direct] : []
  })
}

/** The disks that a disk is built on: of dm and md by their slaves, of a loop by the mount of its file. */
async function disksBelow(
  disk: BlockDisk,
  byName: ReadonlyMap<string, BlockDisk>,
  mounts: readonly Mount[],
  carriers: Carriers,
): Promise<readonly BlockDisk[]> {
  const below = [disk, ...disk.partitions].flatMap(({ slaves }) => slaves)
  const file = await readText(path.join(disk.folder, 'loop/backing_file'))
  return [
    ...below.map((name) => byName.get(name)).filter((found) => found !== undefined),
    ...(file === null ? [] : carriersOfPath(file, byName, mounts, carriers)),
  ]
}

/** The disks that carry a device or a file. */
function carriersOfPath(
  file: string,
  byName: ReadonlyMap<string, BlockDisk>,
  mounts: readonly Mount[],
  carriers: Carriers,
): readonly BlockDisk[] {
  const device = byName.get(deviceName(file))
  if (device) return [device]
  let best = -1
  for (const [i, { place }] of mounts.entries()) {
    const holds = place === '/' || file === place || isBelow(place, file)
    // Of two mounts at one place, the later one hides the earlier.
    if (holds && place.length >= (mounts[best]?.place.length ?? 0)) best = i
  }
  return carriers[best] ?? []
}

/** `/dev/sda1` -> `sda1`, as `/sys` has it; `/dev/cciss/c0d0` -> `cciss!c0d0`. Of other words the word. */
const deviceName = (source: string): string =>
  source.startsWith('/dev/') ? source.slice('/dev/'.length).replaceAll('/', '!') : ''

/** The devices of each mounted btrfs, as the kernel lists them. */
async function btrfsDevices(root: string): Promise<readonly (readonly string[])[]> {
  const folder = path.join(root, 'sys/fs/btrfs')
  const sets = await listNames(folder)
  return Promise.all(sets.map((uuid) => listNames(path.join(folder, uuid, 'devices'))))
}

/** The devices of each pool, from the lines of `zpool status -P -L`: `pool: NAME`, then paths under /dev. */
export function parsePools(status: string): Map<string, string[]> {
  const pools = new Map<string, string[]>()
  let pool = ''
  for (const line of status.split('\n')) {
    pool = /^\s*pool:\s*(\S+)/.exec(line)?.[1] ?? pool
    const device = /^\s+(\/dev\/\S+)/.exec(line)?.[1]
    if (device !== undefined) pools.set(pool, [...(pools.get(pool) ?? []), deviceName(device)])
  }
  return pools
}
