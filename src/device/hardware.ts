/** Reads model, serial number and bus of a disk, and what udev or blkid know about its partitions. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Bus } from './device.ts'
import { type BlockDisk, type BlockNode, readText } from './read-tree.ts'

type Disk = Pick<BlockDisk, 'name' | 'folder'>

export interface Hardware {
  readonly model: string | null
  readonly serial: string | null
  readonly bus: Bus
}

export async function readHardware(disk: Disk): Promise<Hardware> {
  const read = (file: string): Promise<string | null> => readText(path.join(disk.folder, file))
  const bus = await busOf(disk, read)
  const [vendor, model, name] = await Promise.all([
    read('device/vendor'),
    read('device/model'),
    read('device/name'),
  ])
  const isNamedVendor = vendor !== null && !/^(ATA|0x[0-9a-f]+)$/i.test(vendor)
  return {
    model: showHarmless(model === null ? name : isNamedVendor ? `${vendor} ${model}` : model),
    serial: showHarmless(await serialOf(disk, bus, read)),
    bus,
  }
}

type Read = (file: string) => Promise<string | null>

/** By the path under `/sys/devices`: the flag `removable` is 0 for SD slots and for USB hard disks. */
async function busOf({ name, folder }: Disk, read: Read): Promise<Bus> {
  if (/^loop\d/.test(name)) return 'loop'
  if (/^sr\d/.test(name)) return 'optical'
  if (/^(ram|zram|dm-|md|nbd|drbd|zd)/.test(name)) return 'virtual'
  if (/\/usb\d+\//.test(folder)) return 'usb'
  // Soldered flash memory speaks the protocol of the cards, and calls itself MMC.
  if (/\/mmc_host\//.test(folder)) return (await read('device/type')) === 'SD' ? 'sd' : 'mmc'
  if (/\/nvme\d*\//.test(folder) || name.startsWith('nvme')) return 'nvme'
  if (/\/ata\d+\//.test(folder)) return 'sata'
  if (/\/virtio\d+\//.test(folder)) return 'virtio'
  if (/\/host\d+\//.test(folder)) return 'scsi'
  return 'other'
}

async function serialOf(disk: Disk, bus: Bus, read: Read): Promise<string | null> {
  if (bus === 'usb') {
    const serial = await usbSerial(disk.folder)
    if (serial !== null) return serial
  }
  return (
    (await read('device/serial')) ??
    (await read('serial')) ??
    (await vitalProductSerial(path.join(disk.folder, 'device/vpd_pg80')))
  )
}

/** The serial of the USB device above the disk: the folder that has `idVendor`. */
async function usbSerial(folder: string): Promise<string | null> {
  for (let above = folder; /\/usb\d+/.test(above); above = path.dirname(above)) {
    if ((await readText(path.join(above, 'idVendor'))) !== null) return readText(path.join(above, 'serial'))
  }
  return null
}

/** SCSI's page 80h: four bytes of header, then the serial as text (SPC-4, 7.8.15). */
async function vitalProductSerial(file: string): Promise<string | null> {
  const page = await readFile(file).catch(() => Buffer.alloc(0))
  if (page.length <= 4 || page[1] !== 0x80) return null
  return (
    page
      .subarray(4, 4 + page.readUInt16BE(2))
      .toString('latin1')
      .trim() || null
  )
}

/** Hardware and file systems choose these names: characters that steer a terminal or mislead the eye go. */
export function showHarmless(text: string | null): string | null {
  const shown = text?.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').trim()
  return shown === undefined || shown === '' ? null : shown
}

export interface Content {
  readonly fileSystem: string | null
  readonly label: string | null
}

/**
 * Asks blkid about a device: lines as in udev's database, or undefined if it is not there or may not read.
 */
export type ProbeContent = (devicePath: string) => Promise<string | undefined>

/** The file system of a disk or partition, from udev's database, else by `probe`. */
export async function readContent(root: string, node: BlockNode, probe: ProbeContent): Promise<Content> {
  const database = await readText(path.join(root, 'run/udev/data', `b${node.number}`))
  const lines = database ?? (await probe(`/dev/${node.name.replaceAll('!', '/')}`)) ?? ''
  const value = (name: string): string | null =>
    new RegExp(`^(?:E:)?${name}=(.*)$`, 'm').exec(lines)?.[1] ?? null
  return {
    fileSystem: showHarmless(value('ID_FS_TYPE')),
    label: showHarmless(decode(value('ID_FS_LABEL_ENC')) ?? value('ID_FS_LABEL')),
  }
}

/** udev writes some bytes as `\x20`. */
function decode(text: string | null): string | null {
  if (text === null) return null
  const bytes = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
