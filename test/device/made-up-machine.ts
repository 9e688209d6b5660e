/**
 * Makes up the hardware of a machine: the files below /sys, /proc and /run that the kernel and udev would
 * show.
 */

import fs from 'node:fs'
import path from 'node:path'
import type { Machine } from '../../src/device/list-devices.ts'

export interface MadeUpDisk {
  readonly name: string
  /** Below `/sys/devices`. */
  readonly at: string
  readonly number: string
  readonly bytes?: number
  readonly removable?: boolean
  readonly readOnly?: boolean
  /** Files below the disk's folder: `device/model` and the like. */
  readonly files?: Readonly<Record<string, string>>
  readonly partitions?: readonly {
    readonly name: string
    readonly number: string
    readonly holders?: readonly string[]
  }[]
  readonly holders?: readonly string[]
  readonly slaves?: readonly string[]
}

export interface MadeUpMachine {
  readonly disks: readonly MadeUpDisk[]
  /** Lines of mountinfo as `number place type source`. */
  readonly mounts: readonly string[]
  readonly swaps?: readonly string[]
  /** Below the root folder: more files. */
  readonly files?: Readonly<Record<string, string>>
  readonly pools?: string
}

/** Writes the files below `root`. */
export function makeUpMachine(
  root: string,
  { disks, mounts, swaps = [], files = {}, pools }: MadeUpMachine,
): Machine {
  const put = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
  fs.mkdirSync(path.join(root, 'sys/block'), { recursive: true })
  for (const disk of disks) {
    const folder = path.join('sys/devices', disk.at, 'block', disk.name)
    const node = (at: string, number: string, bytes: number, holders: readonly string[] = []): void => {
      put(path.join(at, 'dev'), `${number}\n`)
      put(path.join(at, 'size'), `${bytes / 512}\n`)
      fs.mkdirSync(path.join(root, at, 'holders'), { recursive: true })
      fs.mkdirSync(path.join(root, at, 'slaves'), { recursive: true })
      const numbers = path.join(root, 'sys/dev/block')
      fs.mkdirSync(numbers, { recursive: true })
      fs.symlinkSync(path.relative(numbers, path.join(root, at)), path.join(numbers, number))
      for (const holder of holders) put(path.join(at, 'holders', holder), '')
    }
    const bytes = disk.bytes ?? 32e9
    node(folder, disk.number, bytes, disk.holders)
    put(path.join(folder, 'removable'), disk.removable ? '1\n' : '0\n')
    put(path.join(folder, 'ro'), disk.readOnly ? '1\n' : '0\n')
    put(path.join(folder, 'diskseq'), '7\n')
    put(path.join(folder, 'queue/logical_block_size'), '512\n')
    for (const slave of disk.slaves ?? []) put(path.join(folder, 'slaves', slave), '')
    for (const [name, text] of Object.entries(disk.files ?? {})) put(path.join(folder, name), `${text}\n`)
    for (const part of disk.partitions ?? []) {
      node(path.join(folder, part.name), part.number, bytes / 2, part.holders)
      put(path.join(folder, part.name, 'partition'), '1\n')
    }
    fs.symlinkSync(
      path.relative(path.join(root, 'sys/block'), path.join(root, folder)),
      path.join(root, 'sys/block', disk.name),
    )
  }
  const lines = mounts.map((line, i) => {
    const [number, place, type, source] = line.split(' ')
    return `${20 + i} 1 ${number} / ${place} rw,relatime shared:1 - ${type} ${source} rw\n`
  })
  put('proc/self/mountinfo', lines.join(''))
  put(
    'proc/swaps',
    ['Filename Type Size Used Priority', ...swaps.map((area) => `${area} partition 1 0 -2`), ''].join('\n'),
  )
  for (const [name, text] of Object.entries(files)) put(name, text)
  return { root, probe: async () => undefined, showPools: async () => pools }
}

const usb = 'pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0'
const sata = 'pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0'

/** The disk that `/` is on. */
export const systemDisk: MadeUpDisk = {
  name: 'sda',
  at: sata,
  number: '8:0',
  files: { 'device/model': 'Samsung SSD 870', 'device/vendor': 'ATA' },
  partitions: [
    { name: 'sda1', number: '8:1' },
    { name: 'sda2', number: '8:2' },
  ],
}
export const rootMount = '8:1 / ext4 /dev/sda1'

/** A stick with one partition. */
export const stick: MadeUpDisk = {
  name: 'sdb',
  at: usb,
  number: '8:16',
  removable: true,
  files: {
    'device/vendor': 'SanDisk',
    'device/model': 'Ultra Fit',
    '../../../../../../idVendor': '0781',
    '../../../../../../serial': '4C530001',
  },
  partitions: [{ name: 'sdb1', number: '8:17' }],
}

export const card: MadeUpDisk = {
  name: 'mmcblk0',
  at: 'pci0000:00/0000:00:1d.0/mmc_host/mmc0/mmc0:aaaa',
  number: '179:0',
  files: { 'device/type': 'SD', 'device/name': 'SL32G', 'device/serial': '0x12345678' },
  partitions: [{ name: 'mmcblk0p1', number: '179:1' }],
}
