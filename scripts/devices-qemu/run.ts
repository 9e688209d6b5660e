/** Walks through the disks of a machine in QEMU: scripts/devices-qemu.sh FOLDER KERNEL. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Disk, QemuMachine } from './machine.ts'

const [folder = '', kernel = ''] = process.argv.slice(2)
const MiB = 1 << 20
const slow = MiB / 2
const usb = (name: string, more = ''): readonly string[] => [
  `usb-storage,id=${name},bus=xhci.0,drive=${name},serial=${name.toUpperCase()},removable=on${more}`,
]
const uas = (name: string): readonly string[] => [
  `usb-uas,id=${name},bus=xhci.0,serial=${name.toUpperCase()}`,
  `scsi-hd,id=${name}-disk,bus=${name}.0,drive=${name}`,
]
const disks: readonly Disk[] = [
  { name: 'stick', bytes: 16 * MiB, devices: usb('stick') },
  { name: 'locked', bytes: 16 * MiB, devices: usb('locked'), readOnly: true },
  { name: 'small', bytes: 4 * MiB, devices: usb('small') },
  { name: 'slowstick', bytes: 16 * MiB, devices: usb('slowstick'), slow },
  { name: 'uasdisk', bytes: 16 * MiB, devices: uas('uasdisk') },
  { name: 'slowuas', bytes: 16 * MiB, devices: uas('slowuas'), slow },
  { name: 'card', bytes: 16 * MiB, devices: ['sd-card,id=card,drive=card'] },
  { name: 'nvme', bytes: 16 * MiB, devices: ['nvme,id=nvme,drive=nvme,serial=NVME'] },
  { name: 'slownvme', bytes: 16 * MiB, devices: ['nvme,id=slownvme,drive=slownvme,serial=SLOWNVME'], slow },
  { name: 'sata', bytes: 16 * MiB, devices: ['ide-hd,id=sata,bus=ahci.0,drive=sata,serial=SATA'] },
]

interface Listed {
  readonly path: string
  readonly bus: string
  readonly serial: string | null
  readonly system: boolean
  readonly read_only: boolean
  readonly selectable: boolean
  readonly reason: string | null
}

const started = Date.now()
const say = (text: string): void =>
  console.log(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${text}`)

const image = fs.readFileSync(path.join(folder, 'system/images/card.img'))
const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const machine = new QemuMachine(folder, kernel, disks)
const held = (name: string): Buffer => fs.readFileSync(machine.file(name))
const holdsImage = (name: string): boolean => held(name).subarray(0, image.length).equals(image)

const pathBySerial = new Map<string, string>()

function pathOf(serial: string): string {
  const found = pathBySerial.get(serial)
  assert.ok(found, `no disk with the serial number ${serial}`)
  return found
}

async function list(words: string): Promise<readonly Listed[]> {
  const output = await machine.shell(`node /butcher/bin/butcher.js device list --json ${words}`)
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Listed)
}

/** Waits until a line in the machine succeeds. */
async function until(line: string): Promise<void> {
  while ((await machine.call<{ status: number }>({ line })).status !== 0) await sleep(300)
}

async function restore(
  device: string,
  serial: string,
  more: object = {},
  onEvent?: (event: string) => Promise<unknown>,
): Promise<{ readonly devices: readonly { readonly verified: boolean }[] }> {
  const options = { image: '/images/card.img.zst', devices: [device], erase: [serial], ...more }
  return machine.call({ verb: 'restoreDevice', options }, onEvent)
}

async function refuses(device: string, serial: string, why: RegExp, more: object = {}): Promise<void> {
  await assert.rejects(restore(device, serial, more), (error: Error) => {
    assert.match(error.message, why)
    say(`refused: ${error.message}`)
    return true
  })
}

async function buses(): Promise<void> {
  const offered = await list('')
  assert.deepEqual([...new Set(offered.map(({ bus }) => bus))].sort(), ['sd', 'usb'])
  const all = await list('--all')
  for (const { serial, path: device } of all) if (serial !== null) pathBySerial.set(serial, device)
  for (const [serial, bus] of [
    ...['STICK', 'LOCKED', 'SMALL', 'SLOWSTICK', 'UASDISK', 'SLOWUAS'].map((name) => [name, 'usb'] as const),
    ['0xdeadbeef', 'sd'],
    ['NVME', 'nvme'],
    ['SATA', 'sata'],
  ] as const) {
    const isOffered = bus === 'usb' || bus === 'sd'
    const disk = all.find((one) => one.serial === serial)
    assert.equal(disk?.bus, bus, serial)
    assert.equal(disk?.selectable, isOffered, serial)
    assert.equal(disk?.reason, isOffered ? null : 'it is a disk inside of the machine')
    assert.equal(disk?.read_only, serial === 'LOCKED')
    say(`${disk?.path}: ${bus}, ${serial}`)
  }
  const system = all.find((disk) => disk.path === '/dev/vda')
  assert.equal(system?.system, true)
  assert.equal(system?.reason, 'the running system uses it: / is on it')
  say(`/dev/vda: ${system?.reason}`)
}

async function roundTrip(name: string, serial: string, more: object = {}): Promise<void> {
  const device = pathOf(serial)
  const { devices } = await restore(device, serial, more)
  assert.equal(devices[0]?.verified, true)
  assert.ok(holdsImage(name), `${name} does not hold the image`)
  const { rawSha256 } = await machine.call<{ rawSha256: string }>({
    verb: 'backupDevice',
    options: { device, image: `/tmp/${name}.img.gz`, jobs: 1 },
  })
  assert.equal(rawSha256, sumOf(held(name)))
  await machine.shell(`gunzip -c /tmp/${name}.img.gz | cmp - ${device} && rm /tmp/${name}.img.*`)
  say(`restored and backed up: ${device}, ${name}`)
}

async function refusals(): Promise<void> {
  const stick = pathOf('STICK')
  await refuses('/dev/vda', 'x', /the running system uses it: \/ is on it/, { internal: true })
  await refuses(pathOf('LOCKED'), 'LOCKED', /is read-only/)
  await refuses(pathOf('SMALL'), 'SMALL', /has 12582912 bytes, and .* has 4194304: 8388608 too few/)
  await refuses(pathOf('NVME'), 'NVME', /it is a disk inside of the machine/)
  await refuses(stick, 'UASDISK', /is not confirmed: nothing was written/)
  const before = sumOf(held('stick'))
  await machine.shell(`mkdir -p /tmp/m && mount -o ro ${stick} /tmp/m`)
  await refuses(stick, 'STICK', /it is mounted at \/tmp\/m/)
  await machine.shell(`umount /tmp/m && mkdir -p /run/home && mount -o ro ${stick} /run/home`)
  await refuses(stick, 'STICK', /the running system uses it: \/run\/home is on it/)
  await machine.shell('umount /run/home')
  await machine.shell(`echo "0 8192 linear ${stick} 0" | dmsetup --noudevsync create held`)
  await refuses(stick, 'STICK', /the running system uses it: dm-0 is built on it/)
  await machine.shell('dmsetup --noudevsync remove held')
  assert.equal(sumOf(held('stick')), before)
  const disk = pathOf('UASDISK')
  await machine.shell(`mkswap ${disk} && swapon ${disk}`)
  await refuses(disk, 'UASDISK', new RegExp(`swap ${disk} is on it`))
  await machine.shell(`swapoff ${disk}`)
}

/** Unplugs a disk while it is being written. */
async function unplugged(name: string, more: object = {}): Promise<void> {
  const serial = name.toUpperCase()
  const device = pathOf(serial)
  const unplug = (): Promise<unknown> => machine.monitor('device_del', { id: name })
  await assert.rejects(restore(device, serial, more, unplug), (error: Error) => {
    say(`unplugged: ${error.message}`)
    assert.match(
      error.message,
      new RegExp(`cannot write to ${device}.*: it is gone; ${device} holds part of an image now`),
    )
    return true
  })
  assert.ok(!holdsImage(name))
}

/** Takes a card out of its slot while it is being written. */
async function takenOut(name: string, serial: string): Promise<void> {
  const device = pathOf(serial)
  const limits = { bps: slow, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 }
  await machine.monitor('block_set_io_throttle', { id: name, ...limits })
  const takeOut = (): Promise<unknown> => machine.monitor('blockdev-remove-medium', { id: name })
  await assert.rejects(restore(device, serial, {}, takeOut), (error: Error) => {
    say(`taken out: ${error.message}`)
    assert.match(
      error.message,
      new RegExp(`cannot write to ${device}.*: it is gone; ${device} holds part of an image now`),
    )
    return true
  })
  assert.ok(!holdsImage(name))
  await until(`! test -e ${device}`)
}

/** Another disk takes the name of the listed one, while the user is asked. */
async function renumbered(): Promise<void> {
  const device = pathOf('STICK')
  const content = Buffer.alloc((disks[0] as Disk).bytes, 7)
  fs.writeFileSync(machine.file('other'), content)
  await machine.monitor('blockdev-add', {
    driver: 'raw',
    'node-name': 'other',
    file: { driver: 'file', filename: machine.file('other') },
  })
  const swap = async (event: string): Promise<void> => {
    if (event !== 'question') return
    await machine.monitor('device_del', { id: 'stick' })
    await until(`! test -e ${device}`)
    const more = { id: 'other', bus: 'xhci.0', drive: 'other', serial: 'STICK', removable: true }
    await machine.monitor('device_add', { driver: 'usb-storage', ...more })
    await until(`test -e ${device}`)
    machine.answer(true)
  }
  const options = { image: '/images/card.img.zst', devices: [device] }
  await assert.rejects(machine.call({ verb: 'restoreDevice', options, asks: true }, swap), (error: Error) => {
    say(`renumbered: ${error.message}`)
    assert.match(error.message, new RegExp(`${device} is another disk now than a moment ago`))
    return true
  })
  assert.ok(held('other').equals(content))
}

try {
  await machine.start()
  say(`started: ${(await machine.shell('uname -sr')).trim()}`)
  await buses()
  await roundTrip('stick', 'STICK')
  await roundTrip('uasdisk', 'UASDISK')
  await roundTrip('card', '0xdeadbeef')
  await roundTrip('nvme', 'NVME', { internal: true })
  await roundTrip('sata', 'SATA', { internal: true })
  await refusals()
  await unplugged('slowstick')
  await unplugged('slowuas')
  await unplugged('slownvme', { internal: true })
  await takenOut('card', '0xdeadbeef')
  await renumbered()
  say('done')
} catch (error) {
  console.error(machine.console().split('\n').slice(-30).join('\n'))
  throw error
} finally {
  machine.stop()
}
