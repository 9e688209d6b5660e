import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Device } from '../../src/device/device.ts'
import { listDevices } from '../../src/device/list-devices.ts'
import { parsePools } from '../../src/device/uses.ts'
import {
  card,
  type MadeUpDisk,
  type MadeUpMachine,
  makeUpMachine,
  rootMount,
  stick,
  systemDisk,
} from './made-up-machine.ts'

let root: string

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'machine-'))
})

const judge = async (machine: MadeUpMachine): Promise<Record<string, Device>> => {
  const devices = await listDevices(makeUpMachine(root, machine))
  return Object.fromEntries(devices.map((device) => [path.basename(device.path), device]))
}

const usual = (disk: MadeUpDisk, mounts: readonly string[] = []): MadeUpMachine => ({
  disks: [systemDisk, disk],
  mounts: [rootMount, ...mounts],
})

test('a stick and a card are offered, the disk of the system is not', async () => {
  const { sda, sdb, mmcblk0 } = await judge({ disks: [systemDisk, stick, card], mounts: [rootMount] })
  expect(sda).toMatchObject({
    system: true,
    selectable: false,
    bus: 'sata',
    model: 'Samsung SSD 870',
    reason: 'the running system uses it: / is on it',
  })
  expect(sdb).toMatchObject({
    path: '/dev/sdb',
    bytes: 32e9,
    bus: 'usb',
    model: 'SanDisk Ultra Fit',
    serial: '4C530001',
    removable: true,
    system: false,
    selectable: true,
    reason: null,
    sequence: 7,
    partitions: [{ path: '/dev/sdb1', bytes: 16e9, fileSystem: null, label: null }],
  })
  // The kernel says that a card in a slot is not removable.
  expect(mmcblk0).toMatchObject({
    bus: 'sd',
    model: 'SL32G',
    serial: '0x12345678',
    selectable: true,
    removable: true,
  })
})

describe('what runs the system is never offered, whatever lies between', () => {
  const dm: MadeUpDisk = {
    name: 'dm-0',
    at: 'virtual',
    number: '253:0',
    slaves: ['sdb1'],
    files: { 'dm/name': 'root' },
  }
  const held = { ...stick, partitions: [{ name: 'sdb1', number: '8:17', holders: ['dm-0'] }] }

  test.each([
    ['a USB stick with /', { disks: [stick], mounts: ['8:17 / ext4 /dev/sdb1'] }, '/ is on it'],
    ['/home on the stick', usual(stick, ['8:17 /home ext4 /dev/sdb1']), '/home is on it'],
    ['/boot/efi on the stick', usual(stick, ['8:17 /boot/efi vfat /dev/sdb1']), '/boot/efi is on it'],
    ['LUKS or LVM with /', { disks: [held, dm], mounts: ['253:0 / ext4 /dev/mapper/root'] }, '/ is on it'],
    [
      'btrfs, whose number is of no disk',
      { disks: [stick], mounts: ['0:33 / btrfs /dev/sdb1'] },
      '/ is on it',
    ],
    ['btrfs on dm-crypt', { disks: [held, dm], mounts: ['0:33 / btrfs /dev/mapper/root'] }, '/ is on it'],
    [
      'btrfs on two disks',
      {
        disks: [systemDisk, stick],
        mounts: ['0:33 / btrfs /dev/sda1'],
        files: { 'sys/fs/btrfs/8e2/devices/sda1/dev': '', 'sys/fs/btrfs/8e2/devices/sdb1/dev': '' },
      },
      '/ is on it',
    ],
    [
      'a zfs pool',
      {
        disks: [stick],
        mounts: ['0:40 / zfs rpool/ROOT/debian'],
        pools:
          '  pool: rpool\n state: ONLINE\nconfig:\n\tNAME STATE\n\trpool ONLINE\n\t  /dev/sdb1 ONLINE 0 0 0\n',
      },
      '/ is on it',
    ],
    ['swap', { ...usual(stick), swaps: ['/dev/sdb1'] }, 'swap /dev/sdb1 is on it'],
    [
      'a file of swap on it',
      { ...usual(stick, ['8:17 /mnt/stick ext4 /dev/sdb1']), swaps: ['/mnt/stick/swapfile'] },
      'swap /mnt/stick/swapfile is on it',
    ],
    [
      'a live system in a file on the stick',
      {
        disks: [
          stick,
          {
            name: 'loop0',
            at: 'virtual',
            number: '7:0',
            files: { 'loop/backing_file': '/run/live/medium/root.squashfs' },
          },
        ],
        mounts: ['7:0 / squashfs /dev/loop0', '8:17 /run/live/medium iso9660 /dev/sdb1'],
      },
      '/ is on it',
    ],
    ['a volume group that is not mounted', usual(held), 'dm-0 is built on it'],
    ['a member of an md array', usual({ ...stick, holders: ['md0'] }), 'md0 is built on it'],
  ] as const)('%s', async (_, machine, reason) => {
    const { sdb } = await judge(machine)
    expect(sdb).toMatchObject({ system: true, selectable: false })
    expect(sdb?.reason).toBe(`the running system uses it: ${reason}`)
  })

  test('nothing is offered if the disk of / cannot be found', async () => {
    const { sdb } = await judge({ disks: [systemDisk, stick], mounts: ['0:50 / overlay overlay'] })
    expect(sdb).toMatchObject({
      selectable: false,
      reason: 'butcher cannot tell which disk the running system is on',
    })
  })
})

describe('the rest', () => {
  test.each([
    ['mounted by the desktop: offered', usual(stick, ['8:17 /media/me/USB\\040X vfat /dev/sdb1']), null],
    ['mounted by hand', usual(stick, ['8:17 /mnt vfat /dev/sdb1']), 'it is mounted at /mnt'],
    ['mounted below /tmp', usual(stick, ['8:17 /tmp/x vfat /dev/sdb1']), 'it is mounted at /tmp/x'],
    ['an empty reader', usual({ ...stick, bytes: 0 }), 'it holds no medium'],
    [
      'soldered flash memory',
      usual({ ...card, name: 'sdb', files: { 'device/type': 'MMC' } }),
      'it is a disk inside of the machine',
    ],
    [
      'an NVMe disk that is free',
      usual({ ...stick, at: 'pci0000:00/0000:01:00.0/nvme/nvme0' }),
      'it is a disk inside of the machine',
    ],
  ] as const)('%s', async (_, machine, reason) => {
    expect((await judge(machine)).sdb).toMatchObject({ reason, selectable: reason === null, system: false })
  })

  test('drives, memory disks and boot areas of soldered flash', async () => {
    const at = 'virtual'
    const found = await judge({
      disks: [
        systemDisk,
        { name: 'sr0', at: systemDisk.at, number: '11:0' },
        { name: 'zram0', at, number: '252:0' },
        { name: 'mmcblk1boot0', at: card.at, number: '179:8' },
      ],
      mounts: [rootMount],
    })
    expect(found['sr0']?.reason).toMatch(/optical drive/)
    expect(found['zram0']?.reason).toMatch(/not a disk of its own/)
    expect(found['mmcblk1boot0']).toBeUndefined()
  })

  test('names of the hardware steer no terminal', async () => {
    const evil = { ...stick.files, 'device/model': '\u001b]0;x\u0007\u202eUSB', 'device/vendor': '' }
    const { sdb } = await judge(usual({ ...stick, files: evil }))
    expect(sdb?.model).toBe('?]0;x??USB')
  })

  test("labels are those of udev's database", async () => {
    const files = {
      'run/udev/data/b8:17': 'E:ID_FS_TYPE=vfat\nE:ID_FS_LABEL=K_E\nE:ID_FS_LABEL_ENC=K\\xc3\\x84\\x20E\n',
    }
    const { sdb } = await judge({ ...usual(stick), files })
    expect(sdb?.partitions).toMatchObject([{ fileSystem: 'vfat', label: 'KÄ E' }])
  })

  test('without /sys there is an error, not an empty list', async () => {
    await expect(
      listDevices({ root, probe: async () => undefined, showPools: async () => undefined }),
    ).rejects.toThrow(/cannot list the disks: no such file/)
  })

  test('the devices of several pools', () => {
    const status = '  pool: a\n\t/dev/sda1 ONLINE\n  pool: b\n\t/dev/disk/by-id/x ONLINE\n'
    expect([...parsePools(status)]).toEqual([
      ['a', ['sda1']],
      ['b', ['disk!by-id!x']],
    ])
  })
})

test('lsblk sees the same tree', async () => {
  await judge({ disks: [systemDisk, stick], mounts: [rootMount] })
  const text = execFileSync('lsblk', ['--sysroot', root, '--json', '--bytes', '--output', 'NAME,SIZE,RM'], {
    encoding: 'utf8',
  })
  const { blockdevices } = JSON.parse(text) as { blockdevices: { name: string; size: number; rm: boolean }[] }
  const seen = Object.fromEntries(blockdevices.map(({ name, size, rm }) => [name, { size, rm }]))
  expect(seen).toMatchObject({ sda: { size: 32e9, rm: false }, sdb: { size: 32e9, rm: true } })
})
