/**
 * Reads the block devices below `/sys`. The root folder is a parameter, so that tests can make up hardware.
 */

import { readdir, readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { ButcherError, systemText } from '../errors.ts'

/** A whole disk or a partition. */
export interface BlockNode {
  /** The kernel's name: `sdb`, `sdb1`. */
  readonly name: string
  /** `8:16`, as the mount table has it. */
  readonly number: string
  /** Of a partition, on its disk. */
  readonly start: number
  readonly bytes: number
  /** Its folder under `/sys/devices`, resolved. */
  readonly folder: string
  /** Names of the devices that are built on it (LVM, dm-crypt, md). */
  readonly holders: readonly string[]
  /** Names of the devices that it is built on. */
  readonly slaves: readonly string[]
}

export interface BlockDisk extends BlockNode {
  readonly partitions: readonly BlockNode[]
}

/** `/sys` counts in these units, whatever the sector of the disk is. */
const sizeUnit = 512

/** All disks, by name. Throws `io` if `/sys` cannot be read: an empty list would be a lie. */
export async function readBlockTree(root: string): Promise<readonly BlockDisk[]> {
  const blocks = path.join(root, 'sys/block')
  const names = await readdir(blocks).catch((cause: unknown) => {
    throw new ButcherError('io', `cannot list the disks: ${systemText(cause)}`, {
      path: blocks,
      hint: 'mount /sys, or run butcher outside of this container',
      cause,
    })
  })
  const disks = await Promise.all(names.map((name) => readDisk(path.join(blocks, name), name)))
  return disks
    .filter((disk) => disk !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** undefined: the disk was unplugged meanwhile. */
async function readDisk(link: string, name: string): Promise<BlockDisk | undefined> {
  const folder = await realpath(link).catch(() => undefined)
  const disk = folder === undefined ? undefined : await readNode(folder, name)
  if (!disk) return undefined
  const names = (await listNames(disk.folder)).filter((inner) => inner.startsWith(name))
  const partitions = await Promise.all(
    names.map(async (inner) => {
      const inside = path.join(disk.folder, inner)
      return (await readText(path.join(inside, 'partition'))) === null ? undefined : readNode(inside, inner)
    }),
  )
  return {
    ...disk,
    partitions: partitions
      .filter((node) => node !== undefined)
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
  }
}

async function readNode(folder: string, name: string): Promise<BlockNode | undefined> {
  const [start, number, size, holders, slaves] = await Promise.all([
    readText(path.join(folder, 'start')),
    readText(path.join(folder, 'dev')),
    readText(path.join(folder, 'size')),
    listNames(path.join(folder, 'holders')),
    listNames(path.join(folder, 'slaves')),
  ])
  if (number === null) return undefined
  const inBytes = (sectors: string | null): number => Number(sectors ?? 0) * sizeUnit
  return { name, number, start: inBytes(start), bytes: inBytes(size), folder, holders, slaves }
}

/** The trimmed text of an attribute. null if it is missing or empty. */
export async function readText(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim() || null
}

export const listNames = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/** All nodes of the disks, by number and by name. */
export function indexNodes(disks: readonly BlockDisk[]): {
  readonly byNumber: ReadonlyMap<string, BlockDisk>
  readonly byName: ReadonlyMap<string, BlockDisk>
} {
  const byNumber = new Map<string, BlockDisk>()
  const byName = new Map<string, BlockDisk>()
  for (const disk of disks) {
    for (const node of [disk, ...disk.partitions]) {
      byNumber.set(node.number, disk)
      byName.set(node.name, disk)
    }
  }
  return { byNumber, byName }
}
