/** Which disks and partitions may be written, on made-up machines. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { chooseDevice, chooseTarget } from '../../src/device/choose-device.ts'
import type { Machine } from '../../src/device/list-devices.ts'
import { type MadeUpMachine, makeUpMachine, rootMount, stick, systemDisk } from './made-up-machine.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'choose-device-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const inner = {
  ...systemDisk,
  name: 'sdc',
  at: 'pci0000:00/0000:00:17.0/ata3/host2/target2:0:0/2:0:0:0',
  number: '8:32',
  partitions: [
    { name: 'sdc1', number: '8:33' },
    { name: 'sdc2', number: '8:34' },
  ],
}

function machineOf({ mounts, ...more }: Pick<MadeUpMachine, 'mounts'> & Partial<MadeUpMachine>): Machine {
  const root = fs.mkdtempSync(path.join(folder, 'root-'))
  const machine = makeUpMachine(root, {
    disks: [systemDisk, stick, inner],
    mounts: [rootMount, ...mounts],
    ...more,
  })
  fs.mkdirSync(path.join(root, 'dev'), { recursive: true })
  for (const name of ['sda', 'sda1', 'sda2', 'sdb', 'sdb1', 'sdc', 'sdc1', 'sdc2'])
    fs.writeFileSync(path.join(root, 'dev', name), '')
  fs.symlinkSync('sdb1', path.join(root, 'dev/card'))
  return machine
}

test('a partition keeps the facts of its disk, and has its own path and size', async () => {
  const machine = machineOf({ mounts: ['8:17 /media/me/CARD vfat /dev/sdb1'] })
  expect(await chooseTarget(machine, '/dev/card')).toMatchObject({
    path: '/dev/sdb1',
    bytes: 16e9,
    serial: '4C530001',
    sequence: 7,
    mounted: ['/media/me/CARD'],
  })
  expect(await chooseTarget(machine, '/dev/sdb')).toMatchObject({ path: '/dev/sdb', bytes: 32e9 })
  await expect(chooseDevice(machine, '/dev/sdb1', 'write')).rejects.toThrow('is a partition of /dev/sdb')
})

test.each([
  ['any partition of the disk of the system', '/dev/sda2', [], /the running system uses it/],
  ['a mounted partition', '/dev/sdb1', ['8:17 /mnt/card vfat /dev/sdb1'], /it is mounted at \/mnt\/card/],
  ['a partition inside of the machine', '/dev/sdc1', [], /a disk inside of the machine/],
  [
    'the same if another one of the disk is mounted',
    '/dev/sdc1',
    ['8:34 /mnt/data ext4 /dev/sdc2'],
    /a disk inside of the machine/,
  ],
])('%s is refused', async (_, file, mounts, message) => {
  await expect(chooseTarget(machineOf({ mounts }), file)).rejects.toThrow(message)
})

test('--internal takes a partition that nothing uses, beside a mounted one', async () => {
  const machine = machineOf({ mounts: ['8:34 /mnt/data ext4 /dev/sdc2'] })
  expect(await chooseTarget(machine, '/dev/sdc1', true)).toMatchObject({ path: '/dev/sdc1', mounted: [] })
  await expect(chooseTarget(machine, '/dev/sdc2', true)).rejects.toThrow('it is mounted at /mnt/data')
  await expect(chooseTarget(machine, '/dev/sda1', true)).rejects.toThrow('the running system uses it')
})
