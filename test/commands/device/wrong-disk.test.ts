/** The disk that was listed is written, or none is. */

import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backupDevice } from '../../../src/commands/device/backup-device.ts'
import { restoreDevice } from '../../../src/commands/device/restore-device.ts'
import { attachLoop, type LoopDevice } from '../../support/loop-device.ts'
import { noise } from '../../support/sample-trees.ts'

const MiB = 1 << 20
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'wrong-disk-'))
const at = (name: string): string => path.join(root, name)
const image = at('card.img')
const content = noise(6 * MiB, 1)
const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })

let disk: LoopDevice
const part = (): string => `${disk.path}p1`
const erase = (): string[] => [`${disk.path}:${16 * MiB}`]
const held = (): Buffer => fs.readFileSync(at('disk'))
let before: Buffer

beforeAll(() => {
  fs.writeFileSync(image, content)
  fs.mkdirSync(at('mnt'))
  fs.writeFileSync(at('other'), noise(16 * MiB, 2))
})
/** A disk with a partition that holds a file system, as a card of a camera. */
beforeEach(() => {
  fs.rmSync(at('disk'), { force: true })
  disk = attachLoop(at('disk'), 16 * MiB)
  execFileSync('sfdisk', ['--quiet', '--no-reread', disk.path], {
    input: 'label: dos\n2048 8192\n',
    stdio: 'pipe',
  })
  run('partx', '--add', disk.path)
  run('mkfs.ext4', '-q', part())
  before = held()
  return () => {
    try {
      run('partx', '--delete', disk.path)
    } catch {
      // a restore has taken the partition away
    }
    disk.detach()
  }
})
afterAll(() => fs.rmSync(root, { recursive: true }))

const restore = (more: Partial<Parameters<typeof restoreDevice>[0]> = {}): ReturnType<typeof restoreDevice> =>
  restoreDevice({ image, devices: [disk.path], erase: erase(), ...more })

describe('in use when it is listed', () => {
  let over: LoopDevice | undefined
  const uses: Readonly<Record<string, { use: () => void; end: () => void; why: () => string }>> = {
    'a partition is mounted': {
      use: () => run('mount', '-o', 'ro', part(), at('mnt')),
      end: () => run('umount', at('mnt')),
      why: () => `it is mounted at ${at('mnt')}`,
    },
    'a partition carries another device': {
      use: () => void (over = attachLoop(part(), 0)),
      end: () => over?.detach(),
      why: () => `the running system uses it: ${path.basename(over?.path ?? '')} is built on it`,
    },
    'a partition is swap': {
      use: () => run('mkswap', part()) + run('swapon', part()),
      end: () => run('swapoff', part()),
      why: () => `the running system uses it: swap ${part()} is on it`,
    },
  }
  test.each(Object.entries(uses))('%s', async (_, { use, end, why }) => {
    use()
    try {
      before = held()
      await expect(restore()).rejects.toThrow(`butcher does not write ${disk.path}: ${why()}`)
      await expect(backupDevice({ device: disk.path, image: at('no.img') })).rejects.toThrow(
        `butcher does not read ${disk.path}: ${why()}`,
      )
    } finally {
      end()
    }
    expect(fs.existsSync(at('no.img'))).toBe(false)
    expect(held().equals(before)).toBe(true)
  })
})

describe('between the list and the first write', () => {
  const detach = (): void => {
    run('partx', '--delete', disk.path)
    run('losetup', '--detach', disk.path)
  }
  const restoreAfter = async (happens: () => void, why: RegExp): Promise<void> => {
    const confirm = async (): Promise<boolean> => {
      happens()
      return true
    }
    await expect(restore({ erase: [], confirm })).rejects.toThrow(why)
  }

  test('another disk of the same size gets its name', async () => {
    await restoreAfter(() => {
      detach()
      run('losetup', disk.path, at('other'))
    }, /\/dev\/loop\d+ is another disk now than a moment ago/)
    expect(fs.readFileSync(at('other')).equals(noise(16 * MiB, 2))).toBe(true)
    expect(held().equals(before)).toBe(true)
  })

  test('it is unplugged', async () => {
    await restoreAfter(detach, /is another disk now|it is gone/)
    run('losetup', disk.path, at('disk'))
  })

  test('it grows', async () => {
    await restoreAfter(() => {
      fs.truncateSync(at('disk'), 17 * MiB)
      run('losetup', '--set-capacity', disk.path)
    }, /is another disk now/)
    expect(held().subarray(0, before.length).equals(before)).toBe(true)
  })

  test.each([
    ['it is mounted', ['mount', '-o', 'ro'], 'umount'],
    ['it becomes swap', ['swapon'], 'swapoff'],
  ])('%s', async (_, [begin = '', ...words], end) => {
    const place = begin === 'mount' ? [at('mnt')] : []
    if (begin === 'swapon') run('mkswap', part())
    before = held()
    try {
      await restoreAfter(() => void run(begin, ...words, part(), ...place), /it is in use/)
    } finally {
      run(end, part())
    }
    expect(held().equals(before)).toBe(true)
  })
})

describe('mounted by the desktop', () => {
  const place = `/media/butcher-${process.pid}/card`
  beforeEach(() => {
    fs.mkdirSync(place, { recursive: true })
    run('mount', '-o', 'ro', part(), place)
    before = held()
    return () => {
      if (run('findmnt', '--list', '--noheadings', '--output', 'TARGET').includes(place)) run('umount', place)
      fs.rmdirSync(place)
      fs.rmdirSync(path.dirname(place))
    }
  })

  test('butcher unmounts it, and says so', async () => {
    const notes: string[] = []
    const { devices } = await restore({
      report: (event) => {
        if (event.type === 'note') notes.push(event.message)
      },
    })
    expect(devices).toMatchObject([{ error: null, verified: true }])
    expect(notes).toEqual([`unmounted ${place}`])
  })

  test('but not if a program uses it', async () => {
    const program = spawn('sleep', ['1000'], { cwd: place })
    try {
      await expect(restore()).rejects.toThrow(`cannot unmount ${place}: a program uses it`)
    } finally {
      program.kill()
      await new Promise((resolve) => program.once('exit', resolve))
    }
    expect(held().equals(before)).toBe(true)
  })
})

test('a partition is not a disk', async () => {
  await expect(restore({ devices: [part()] })).rejects.toThrow(
    `${part()} is a partition of ${disk.path}, not a whole disk`,
  )
})

test('a disk that does not keep what was written is named, with the place', async () => {
  const report = (event: { readonly type: string; readonly stage?: string }): void => {
    if (event.type !== 'stage' || event.stage !== 'compare-device') return
    const fd = fs.openSync(at('disk'), 'r+')
    fs.writeSync(fd, Buffer.from('bad'), 0, 3, 5 * MiB)
    fs.closeSync(fd)
  }
  await expect(restore({ report })).rejects.toMatchObject({
    code: 'damaged',
    message: `${disk.path} does not hold what was written, in bytes 4194304 to 6291455`,
  })
})
