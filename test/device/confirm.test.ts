import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { confirmation, eraseWord, isConfirmed } from '../../src/device/confirm.ts'
import type { Device } from '../../src/device/device.ts'
import { listDevices } from '../../src/device/list-devices.ts'
import { type MadeUpDisk, makeUpMachine, rootMount, stick, systemDisk } from './made-up-machine.ts'

const serialFile = '../../../../../../serial'
const slot = (name: string, serial: string, bytes = 32e9): MadeUpDisk => ({
  ...stick,
  name,
  bytes,
  number: name === 'sdb' ? '8:16' : '8:32',
  at: stick.at.replace('2-1', name === 'sdb' ? '2-1' : '2-2'),
  files: { ...stick.files, [serialFile]: serial },
  partitions: [],
})

async function listed(...disks: readonly MadeUpDisk[]): Promise<Device[]> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'machine-'))
  const all = await listDevices(makeUpMachine(root, { disks: [systemDisk, ...disks], mounts: [rootMount] }))
  return all.filter(({ bus }) => bus === 'usb')
}

test('a disk is told by its serial number, in either case', async () => {
  const [one] = (await listed(slot('sdb', '4C530001aF'), slot('sdc', '4C530002'))) as [Device]
  expect(confirmation(one)).toEqual({ asks: 'the last four characters of its serial number', answer: '01aF' })
  expect(['01aF', ' 01Af\n', '0002', '', 'y'].map((typed) => isConfirmed(confirmation(one), typed))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
  expect(eraseWord(one)).toBe('4C530001aF')
})

test('a disk without a serial number is told by its model', async () => {
  const [one] = (await listed(slot('sdb', ''))) as [Device]
  expect(confirmation(one)).toEqual({ asks: 'the last four characters of its model', answer: ' Fit' })
  // Nobody types the blank.
  expect(isConfirmed(confirmation(one), 'fit')).toBe(true)
  expect(eraseWord(one)).toBe('/dev/sdb:32000000000')
})

test('a size may be typed as it is shown', () => {
  const question = { asks: 'its size in bytes', answer: '94371840' }
  expect(['94,371,840', '94371840', '94.4 MB', ''].map((typed) => isConfirmed(question, typed))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test.each([
  ['one model without serial numbers', '', ''],
  ['one serial number for both slots of a reader', '000000000903', '000000000903'],
])('of two disks with %s only the path tells', async (_, first, second) => {
  const both = await listed(slot('sdb', first), slot('sdc', second, 16e9))
  expect(both.map(({ twins }) => twins)).toEqual([['/dev/sdc'], ['/dev/sdb']])
  expect(both.map((device) => confirmation(device))).toEqual([
    { asks: 'its path', answer: '/dev/sdb' },
    { asks: 'its path', answer: '/dev/sdc' },
  ])
  expect(both.map((device) => eraseWord(device))).toEqual(['/dev/sdb:32000000000', '/dev/sdc:16000000000'])
})

test('an empty slot is nobody’s twin', async () => {
  const both = await listed(slot('sdb', '0903'), slot('sdc', '0903', 0))
  expect(both.map(({ twins }) => twins)).toEqual([[], []])
})
