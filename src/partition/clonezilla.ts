/** Reads a folder of Clonezilla: its disks, partitions, tables and images. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'
import { diskByName, imageByName, type NamedImage, otherByName } from './clonezilla-files.ts'
import { openImage } from './open-partition-image.ts'
import type { OpenPartitionOptions } from './open-options.ts'
import type { PartitionFacts } from './partition-image.ts'

interface ClonezillaFile {
  readonly file: string
  /** The meaning of the file. */
  readonly is: string
}

export interface ClonezillaDisk {
  /** Name of the disk: `sda`. */
  readonly disk: string
  /** Size of the disk. null if no file tells it. */
  readonly bytes: number | null
  /** Kind of the partition table: `gpt`, `dos`. null if no file tells it. */
  readonly table: string | null
  /** Names of its partitions. */
  readonly partitions: readonly string[]
  /** Files of the disk. */
  readonly files: readonly ClonezillaFile[]
}

export interface ClonezillaPartition {
  /** Name of the partition: `sda1`. */
  readonly partition: string
  /** Size by the partition table. null if no file tells it. */
  readonly bytes: number | null
  /** First byte on the disk. null if no file tells it. */
  readonly offset: number | null
  /** By the lists of the folder, or the name of the image. null if none tells it. */
  readonly fileSystem: string | null
  /** Kind of the image: `raw` has every block, `swap` only UUID and label. null if there is none. */
  readonly kind: NamedImage['kind'] | 'swap' | null
  /** The first file of the image. null if there is none. */
  readonly file: string | null
  /** The header of the image. null if it has none, or cannot be read. */
  readonly image: PartitionFacts | null
  /** The reason why the header cannot be read. null if it can. */
  readonly problem: string | null
}

export interface ClonezillaFolder {
  readonly disks: readonly ClonezillaDisk[]
  readonly partitions: readonly ClonezillaPartition[]
  /** Other files of Clonezilla. */
  readonly others: readonly ClonezillaFile[]
}

/** The lists of Clonezilla have some kB. */
const mostListBytes = 1 << 20

/** Throws `source` if the folder holds nothing of Clonezilla, and `io`. Reads no blocks of the images. */
export async function readClonezilla(
  folder: string,
  options: OpenPartitionOptions,
): Promise<ClonezillaFolder> {
  const names = namesIn(folder)
  const images = names.flatMap((name) => imageByName(name) ?? [])
  const ofDisks = names.filter((name) => diskByName(name) !== undefined)
  if (images.length === 0 && ofDisks.length === 0 && !names.includes('clonezilla-img')) {
    throw new ButcherError('source', `${folder} is a folder without an image of Clonezilla`, {
      path: folder,
      hint: 'give the image itself, or the first of its parts',
    })
  }
  const list = (name: string): string => (names.includes(name) ? readList(path.join(folder, name)) : '')
  const tables = ofDisks.filter((name) => name.endsWith('-pt.sf')).map((name) => readTable(list(name)))
  const inTables = new Map(tables.flatMap(({ partitions }) => [...partitions]))
  const fileSystems = fileSystemsIn(list('dev-fs.list'))
  const swaps = new Map(
    names.flatMap((name) => {
      const swap = /^swappt-(.+)\.info$/.exec(name)?.[1]
      return swap === undefined ? [] : [[swap, name] as const]
    }),
  )
  const disks = new Set([...words(list('disk')), ...ofDisks.map((name) => diskByName(name)?.disk as string)])
  const parts = new Set([
    ...words(list('parts')),
    ...inTables.keys(),
    ...images.map(({ partition }) => partition),
    ...swaps.keys(),
  ])
  const partitions: ClonezillaPartition[] = []
  for (const partition of [...parts].sort(byNumber)) {
    throwIfAborted(options.signal)
    const image = images.find((one) => one.partition === partition)
    const place = inTables.get(partition)
    partitions.push({
      partition,
      bytes: place?.bytes ?? null,
      offset: place?.offset ?? null,
      fileSystem: fileSystems.get(partition) ?? image?.fileSystem ?? (swaps.has(partition) ? 'swap' : null),
      ...(await inspect(folder, image, swaps.get(partition), options)),
    })
  }
  return {
    disks: [...disks].sort(byNumber).map((disk) => ({
      disk,
      bytes: bytesOfDisk(list(`${disk}-pt.parted`)),
      table: tables.find((table) => table.disk === disk)?.label ?? null,
      partitions: [...parts].filter((name) => diskOf(name, disks) === disk).sort(byNumber),
      files: names.flatMap((file) => {
        const found = diskByName(file)
        return found?.disk === disk ? [{ file, is: found.is }] : []
      }),
    })),
    partitions,
    others: names.flatMap((file) => {
      const is = otherByName(file)
      return is === undefined ? [] : [{ file, is }]
    }),
  }
}

async function inspect(
  folder: string,
  named: NamedImage | undefined,
  swap: string | undefined,
  options: OpenPartitionOptions,
): Promise<Pick<ClonezillaPartition, 'kind' | 'file' | 'image' | 'problem'>> {
  if (!named)
    return { kind: swap === undefined ? null : 'swap', file: swap ?? null, image: null, problem: null }
  const { kind, first } = named
  try {
    const image = await openImage(path.join(folder, first), { ...options, ignoreChecksums: true })
    await image.close()
    return { kind: image.facts.format, file: first, image: image.facts, problem: null }
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code === 'aborted') throw error
    // A raw copy has no header.
    const problem = kind === 'raw' && error.code === 'damaged' ? null : error.message
    return { kind, file: first, image: null, problem }
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort()
  } catch (error) {
    throw asButcherError(error, 'cannot read', folder)
  }
}

/** The text of a list. Empty if it cannot be one. */
function readList(file: string): string {
  try {
    const stat = fs.statSync(file)
    return stat.isFile() && stat.size <= mostListBytes ? fs.readFileSync(file, 'latin1') : ''
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

/** `sda2` before `sda10`. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })

/** `sda` of `sda1`, `nvme0n1` of `nvme0n1p2`. */
const diskOf = (partition: string, disks: ReadonlySet<string>): string | undefined =>
  [...disks].find((disk) => partition.startsWith(disk) && /^p?\d+$/.test(partition.slice(disk.length)))

interface Table {
  readonly disk: string | undefined
  readonly label: string | undefined
  readonly partitions: ReadonlyMap<string, { readonly offset: number; readonly bytes: number }>
}

/** The dump of sfdisk: `label: gpt`, and `/dev/sda1 : start= 2048, size= 409600, type=...`. */
function readTable(text: string): Table {
  const sectorBytes = Number(/^sector-size: (\d{1,6})$/m.exec(text)?.[1] ?? 512)
  const partitions = new Map<string, { offset: number; bytes: number }>()
  for (const [, name, start, size] of text.matchAll(
    /^\/dev\/(\S+) : start= *(\d{1,15}), size= *(\d{1,15})/gm,
  )) {
    const [offset, bytes] = [Number(start) * sectorBytes, Number(size) * sectorBytes]
    if (bytes > 0) partitions.set(name as string, { offset, bytes })
  }
  return {
    disk: /^device: \/dev\/(\S+)$/m.exec(text)?.[1],
    label: /^label: (\w+)$/m.exec(text)?.[1],
    partitions,
  }
}

/** parted prints `Disk /dev/sda: 976773168s` and `Sector size (logical/physical): 512B/4096B`. */
function bytesOfDisk(text: string): number | null {
  const sectors = /^Disk \/dev\/\S+: (\d{1,15})s$/m.exec(text)?.[1]
  const sectorBytes = Number(/^Sector size \(logical\/physical\): (\d{1,6})B/m.exec(text)?.[1] ?? 512)
  return sectors === undefined ? null : Number(sectors) * sectorBytes
}

/** Lines of `/dev/sda1 ext4 20G`; comments begin with `#`. */
function fileSystemsIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^\/dev\/(\S+)\s+(\S+)/gm)].map(([, name, kind]) => [name as string, kind as string]),
  )
}
