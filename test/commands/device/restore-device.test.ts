import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backupDevice } from '../../../src/commands/device/backup-device.ts'
import { restoreDevice } from '../../../src/commands/device/restore-device.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { attachLoop, type LoopDevice } from '../../support/loop-device.ts'
import { noise } from '../../support/sample-trees.ts'
import { longTest } from '../../support/rows.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'restore-device-'))
const bytes = 9 * (1 << 20) + 512
const content = Buffer.concat([noise(5 << 20, 1), Buffer.alloc(4 << 20), noise(512, 2)])
const at = (name: string): string => path.join(root, name)
const image = at('card.img')
const rawSha256 = createHash('sha256').update(content).digest('hex')

let target: LoopDevice
let erase: string[]

beforeAll(() => {
  fs.writeFileSync(image, content)
  target = attachLoop(at('target'), 16 << 20)
  erase = [`${target.path}:${16 << 20}`]
})
afterAll(() => {
  target.detach()
  fs.rmSync(root, { recursive: true })
})

const held = (): Buffer => fs.readFileSync(at('target')).subarray(0, bytes)
const spoiled = Buffer.alloc(16 << 20, 0x55)
const spoil = (): void => fs.writeFileSync(at('target'), spoiled, { flag: 'r+' })

describe('each form is written and compared', () => {
  test.each([
    // sha256sum gives the sum of a plain file at any time.
    ['raw', 'a.img', content, null],
    ['gzip', 'a.img.gz', zlib.gzipSync(content, { level: 1 }), rawSha256],
    ['zstd', 'a.img.zst', zlib.zstdCompressSync(content), rawSha256],
  ] as const)('%s', async (_, name, packed, sum) => {
    fs.writeFileSync(at(name), packed)
    spoil()
    const summary = await restoreDevice({ image: at(name), devices: [target.path], erase })
    expect(summary).toMatchObject({
      imageBytes: bytes,
      rawSha256: sum,
      devices: [{ device: target.path, error: null, verified: true }],
    })
    expect(held().equals(content)).toBe(true)
    // An old backup of a partition table at the end would come back to life.
    expect(
      fs
        .readFileSync(at('target'))
        .subarray(15 << 20)
        .equals(Buffer.alloc(1 << 20)),
    ).toBe(true)
  })
})

test.each(['that makes zeros itself', 'that cannot'])(
  'old data is no longer there: a disk %s',
  async (which) => {
    const [size, piece] = [16 << 20, 4 << 20]
    const zeros = Buffer.concat([noise(piece, 3), Buffer.alloc(piece), noise(512, 4)])
    fs.writeFileSync(at('zeros.img'), zeros)
    // A file in ramfs has no holes, so its loop device knows no order that makes zeros.
    const folder = at(which)
    fs.mkdirSync(folder)
    if (which === 'that cannot') execFileSync('mount', ['-t', 'ramfs', 'none', folder])
    fs.writeFileSync(path.join(folder, 'disk'), spoiled)
    const disk = attachLoop(path.join(folder, 'disk'), size)
    try {
      await restoreDevice({ image: at('zeros.img'), devices: [disk.path], erase: [`${disk.path}:${size}`] })
      const found = fs.readFileSync(path.join(folder, 'disk'))
      expect(found.subarray(0, zeros.length).equals(zeros)).toBe(true)
      expect(found.subarray(zeros.length, 15 << 20).equals(spoiled.subarray(zeros.length, 15 << 20))).toBe(
        true,
      )
    } finally {
      disk.detach()
      if (which === 'that cannot') execFileSync('umount', [folder])
    }
  },
)

describe('nothing is written', () => {
  const refuse = async (
    options: Partial<Parameters<typeof restoreDevice>[0]>,
    message: RegExp,
  ): Promise<void> => {
    spoil()
    await expect(restoreDevice({ image, devices: [target.path], erase, ...options })).rejects.toThrow(message)
    expect(fs.readFileSync(at('target')).equals(spoiled)).toBe(true)
  }

  test('without a confirmation, or with a wrong one', async () => {
    await refuse({ erase: [] }, /is not confirmed: nothing was written/)
    await refuse({ erase: [`${target.path}:${bytes}`] }, /is not confirmed/)
    await refuse({ erase: [], confirm: async () => false }, /is not confirmed/)
  })

  test('of an image that is larger: both sizes are named', async () => {
    const large = at('large.img')
    fs.writeFileSync(large, '')
    fs.truncateSync(large, (16 << 20) + 512)
    await refuse({ image: large }, /has 16777728 bytes, and \/dev\/loop\d+ has 16777216: 512 too few/)
  })

  test('of an image that is empty, or a pipe that gives nothing', async () => {
    fs.writeFileSync(at('empty.img'), '')
    await refuse({ image: at('empty.img') }, /empty\.img is empty: nothing was written/)
    execFileSync('mkfifo', [at('pipe')])
    await refuse({ image: at('pipe') }, /the size of an image from .*pipe is not known/)
    const writer = spawn('sh', ['-c', ': >"$0"', at('pipe')])
    await refuse({ image: at('pipe'), bytes }, /pipe does not have the 9437696 bytes that were announced$/)
    writer.kill()
    await refuse({ bytes }, /bytes is for a pipe/)
  })

  test('of an image that does not match its sum', async () => {
    const bad = at('bad.img')
    fs.writeFileSync(bad, content)
    fs.writeFileSync(`${bad}.sha256`, `${'0'.repeat(64)}  bad.img\n`)
    await refuse({ image: bad }, /does not match .*bad\.img\.sha256: nothing was written/)
    fs.writeFileSync(`${bad}.sha256`, `${'0'.repeat(64)}  other.img\n`)
    await refuse({ image: bad }, /bad\.img\.sha256 does not name bad\.img/)
  })

  test('to a read-only disk', async () => {
    execFileSync('blockdev', ['--setro', target.path])
    try {
      await refuse({}, /is read-only/)
    } finally {
      execFileSync('blockdev', ['--setrw', target.path])
    }
  })

  test('to a disk that another program holds', async () => {
    const fd = fs.openSync(target.path, fs.constants.O_RDONLY | fs.constants.O_EXCL)
    try {
      await refuse({}, /it is in use/)
    } finally {
      fs.closeSync(fd)
    }
  })

  test('to the disk of the running system', async () => {
    const source = execFileSync('findmnt', ['-no', 'SOURCE', '/'], { encoding: 'utf8' }).trim()
    await expect(
      restoreDevice({
        image,
        devices: [source],
        erase: [`${source}:1`],
        internal: true,
        confirm: async () => true,
      }),
    ).rejects.toThrow(/the running system uses it|is not a disk|is a partition of/)
  })
})

test('a disk that is mounted is refused', async () => {
  const other = attachLoop(at('ext4'), 8 << 20)
  fs.mkdirSync(at('mnt'))
  try {
    execFileSync('mkfs.ext4', ['-q', other.path])
    execFileSync('mount', [other.path, at('mnt')])
    await expect(
      restoreDevice({ image, devices: [other.path], erase: [`${other.path}:${8 << 20}`] }),
    ).rejects.toThrow(/is mounted at/)
    execFileSync('umount', [at('mnt')])
  } finally {
    other.detach()
  }
})

test('one disk that fails does not stop the other', async () => {
  spoil()
  // Its file lies on a file system that is full before the image is.
  fs.mkdirSync(at('full'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', at('full')])
  try {
    const other = attachLoop(at('full/disk'), 16 << 20)
    try {
      const { devices } = await restoreDevice({
        image,
        devices: [other.path, target.path],
        erase: [...erase, `${other.path}:${16 << 20}`],
      })
      expect(devices[0]?.error).toMatch(/cannot write to .* at byte/)
      expect(devices[1]).toEqual({ device: target.path, error: null, verified: true })
      expect(held().equals(content)).toBe(true)
    } finally {
      other.detach()
    }
  } finally {
    execFileSync('umount', [at('full')])
  }
})

test('a stop leaves a disk that does not start, and says so', async () => {
  spoil()
  const stop = new AbortController()
  const report = (event: ButcherEvent): void => {
    if (event.type === 'progress' && event.bytes > 0) stop.abort()
  }
  await expect(
    restoreDevice({ image, devices: [target.path], erase, report, signal: stop.signal }),
  ).rejects.toMatchObject({
    code: 'aborted',
    message: `stopped: ${target.path} holds part of an image now`,
  })
  expect(
    held()
      .subarray(0, 1 << 20)
      .equals(Buffer.alloc(1 << 20)),
  ).toBe(true)
})

longTest('the backup of a GPT is brought to the end of a larger disk', async () => {
  const small = at('gpt.img')
  fs.writeFileSync(small, '')
  fs.truncateSync(small, 8 << 20)
  execFileSync('sfdisk', ['--quiet', '--no-reread', small], {
    input: 'label: gpt\nstart=2048, size=8192\n',
  })
  const notes: string[] = []
  const report = (event: ButcherEvent): void => {
    if (event.type === 'note') notes.push(event.message)
  }
  await restoreDevice({ image: small, devices: [target.path], erase, report })
  expect(notes.join()).toMatch(/not at its end \(--move-gpt moves it\)/)
  await restoreDevice({ image: small, devices: [target.path], erase, moveGpt: true })
  const verdict = spawnSync('sfdisk', ['--verify', at('target')], { encoding: 'utf8' })
  // Also the size in the master boot record is that of this disk.
  expect(verdict).toMatchObject({ status: 0, stderr: '' })
  expect(verdict.stdout).toMatch(/No errors detected/)
  expect(execFileSync('sfdisk', ['--json', at('target')], { encoding: 'utf8' })).toMatch(/"lastlba": ?32734/)
})

longTest('what a backup of one disk wrote, restores to another', async () => {
  fs.writeFileSync(at('source'), content)
  const source = attachLoop(at('source'), bytes)
  try {
    await backupDevice({ device: source.path, image: at('from.img.zst') })
  } finally {
    source.detach()
  }
  spoil()
  await restoreDevice({ image: at('from.img.zst'), devices: [target.path], erase })
  expect(held().equals(content)).toBe(true)
})

test('an image of a partition gives the partition, its sum as partclone restores it', async () => {
  const fixture = new URL('../../fixtures/partition/ext4-a1.img.zst', import.meta.url).pathname
  spoil()
  const summary = await restoreDevice({ image: fixture, devices: [target.path], erase })
  expect(summary).toMatchObject({
    imageBytes: 8_388_608,
    rawSha256: 'feb405878be92573c8455a46adc669aadd697d7374687cc881e8ac99f65b6593',
  })
  const written = fs.readFileSync(at('target')).subarray(0, 8_388_608)
  expect(createHash('sha256').update(written).digest('hex')).toBe(summary.rawSha256)
})
