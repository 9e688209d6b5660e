import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longTest, rows } from '../../support/rows.ts'
import { backupDevice } from '../../../src/commands/device/backup-device.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { attachLoop, type LoopDevice } from '../../support/loop-device.ts'
import { noise } from '../../support/sample-trees.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'device-'))
const bytes = 11 * (1 << 20) + 512 * 3
/** Zeros in the middle, and a last piece that is not whole. */
const content = Buffer.concat([noise(5 << 20, 1), Buffer.alloc(4 << 20), noise(bytes - (9 << 20), 2)])
const sha256 = createHash('sha256').update(content).digest('hex')
let loop: LoopDevice

beforeAll(() => {
  fs.writeFileSync(path.join(root, 'card'), content)
  loop = attachLoop(path.join(root, 'card'), bytes)
})

afterAll(() => {
  loop.detach()
  fs.rmSync(root, { recursive: true })
})

const at = (name: string): string => path.join(root, name)
const left = (): string[] => fs.readdirSync(root).filter((name) => name !== 'card')

describe('each form holds the disk', () => {
  const unpacked: Readonly<Record<string, (file: string) => Buffer>> = {
    '.img': (file) => fs.readFileSync(file),
    '.img.gz': (file) => zlib.gunzipSync(fs.readFileSync(file)),
    '.img.zst': (file) => execFileSync('zstd', ['-dc', file], { maxBuffer: 1e9 }),
    '.img.xz': (file) => execFileSync('xz', ['-dc', file], { maxBuffer: 1e9 }),
  }

  test.each(rows(Object.keys(unpacked), [0, 1, 2]))('%s', async (ending) => {
    const image = at(`card${ending}`)
    const summary = await backupDevice({ device: loop.path, image })
    expect(summary).toMatchObject({ deviceBytes: bytes, rawSha256: sha256, badBytes: 0 })
    expect(summary.imageBytes).toBe(fs.statSync(image).size)
    expect((unpacked[ending] as (file: string) => Buffer)(image).equals(content)).toBe(true)
    execFileSync('sha256sum', ['--check', '--quiet', `${image}.sha256`], { cwd: root })
    expect(JSON.parse(fs.readFileSync(`${image}.json`, 'utf8'))).toMatchObject({
      device_bytes: bytes,
      raw_sha256: sha256,
      bus: 'loop',
      serial: null,
    })
  })

  test('gzip -l and zstd -l know the size', () => {
    const size = String(bytes)
    expect(execFileSync('gzip', ['-l', at('card.img.gz')], { encoding: 'utf8' })).toContain(size)
    expect(execFileSync('zstd', ['-lv', at('card.img.zst')], { encoding: 'utf8' })).toContain(size)
  })

  test('zeros of a raw image are holes', () => {
    const { blocks, size } = fs.statSync(at('card.img'))
    expect(blocks * 512).toBeLessThanOrEqual(size - (3 << 20))
  })
})

test('--hash md5 and none', async () => {
  await backupDevice({ device: loop.path, image: at('m.img'), hash: 'md5' })
  execFileSync('md5sum', ['--check', '--quiet', 'm.img.md5'], { cwd: root })
  await backupDevice({ device: loop.path, image: at('n.img'), hash: 'none' })
  expect(left().filter((name) => /^[mn]\.img\./.test(name))).toEqual([
    'm.img.json',
    'm.img.md5',
    'n.img.json',
  ])
})

describe('nothing is left', () => {
  test('by a stop', async () => {
    const stop = new AbortController()
    const report = (event: ButcherEvent): void => {
      if (event.type === 'progress' && event.bytes > 0) stop.abort()
    }
    for (const image of [at('s.img'), at('s.img.zst')]) {
      await expect(
        backupDevice({ device: loop.path, image, report, signal: stop.signal }),
      ).rejects.toMatchObject({ code: 'aborted' })
    }
    expect(left().filter((name) => name.startsWith('s.'))).toEqual([])
  })

  test('if the folder of the map is not there, and the disk is not read', async () => {
    const stages: ButcherEvent[] = []
    await expect(
      backupDevice({
        device: loop.path,
        image: at('f.img'),
        map: at('none/f.map'),
        report: (event) => void stages.push(event),
      }),
    ).rejects.toThrow(/cannot write .*f\.map: the folder .*none does not exist/)
    expect(stages).toEqual([])
    expect(left().filter((name) => name.startsWith('f.'))).toEqual([])
  })

  test('of a run that was killed, once the next run is through', async () => {
    fs.writeFileSync(at('k.img.partial'), 'half')
    const fd = fs.openSync(at('k.img.partial'), 'a')
    const call = { device: loop.path, image: at('k.img'), hash: 'none' } as const
    await expect(backupDevice(call)).rejects.toMatchObject({
      code: 'locked',
      message: `process ${process.pid} is writing ${at('k.img.partial')}`,
    })
    expect(fs.readFileSync(at('k.img.partial'), 'utf8')).toBe('half')
    fs.closeSync(fd)
    await backupDevice(call)
    expect(left().filter((name) => name.startsWith('k.'))).toEqual(['k.img', 'k.img.json'])
  })
})

test('a raw image needs room for all of the disk, before anything is read', async () => {
  fs.mkdirSync(at('small'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', at('small')])
  try {
    await expect(backupDevice({ device: loop.path, image: at('small/r.img') })).rejects.toThrow(
      /has 11.5 MB, and .*small has \d\.\d\d MB free/,
    )
    // Only the end shows that the packed one is too large: then nothing is left.
    await expect(backupDevice({ device: loop.path, image: at('small/r.img.gz') })).rejects.toMatchObject({
      code: 'no-space',
    })
    expect(fs.readdirSync(at('small'))).toEqual([])
  } finally {
    execFileSync('umount', [at('small')])
  }
})

test('an image that is there is not replaced', async () => {
  await expect(backupDevice({ device: loop.path, image: at('n.img') })).rejects.toMatchObject({
    code: 'exists',
  })
})

test('a mounted disk is refused, and nothing is left', async () => {
  const other = attachLoop(at('ext4'), 8 << 20)
  fs.mkdirSync(at('mnt'))
  try {
    execFileSync('mkfs.ext4', ['-q', other.path])
    execFileSync('mount', [other.path, at('mnt')])
    await expect(backupDevice({ device: other.path, image: at('x.img') })).rejects.toThrow(/is mounted at/)
    execFileSync('umount', [at('mnt')])
  } finally {
    other.detach()
    fs.rmSync(at('ext4'))
    fs.rmdirSync(at('mnt'))
  }
  expect(left().filter((name) => name.startsWith('x.img'))).toEqual([])
})

test('a disk that ends early is a failure, and nothing is left', async () => {
  const other = attachLoop(at('short'), 16 << 20)
  try {
    // The kernel keeps the size that it knows; reads beyond the end of the file fail.
    fs.truncateSync(at('short'), 6 << 20)
    await expect(backupDevice({ device: other.path, image: at('y.img.zst') })).rejects.toThrow(
      /cannot read .* at byte|ends at byte/,
    )
  } finally {
    other.detach()
    fs.rmSync(at('short'))
  }
  expect(left().filter((name) => name.startsWith('y.img'))).toEqual([])
})

test('--skip-unused: what is deleted is zeros, and the file system is whole', async () => {
  const disk = attachLoop(at('fs'), 24 << 20)
  fs.mkdirSync(at('in'))
  try {
    execFileSync('mkfs.ext4', ['-q', '-b', '1024', disk.path])
    execFileSync('mount', [disk.path, at('in')])
    fs.writeFileSync(at('in/kept'), noise(3 << 20, 5))
    fs.writeFileSync(at('in/deleted'), noise(9 << 20, 6))
    execFileSync('sync', ['-f', at('in')])
    fs.rmSync(at('in/deleted'))
    execFileSync('umount', [at('in')])
    const whole = await backupDevice({ device: disk.path, image: at('whole.img.zst') })
    const used = await backupDevice({ device: disk.path, image: at('used.img.zst'), skipUnused: true })
    expect(used.skipped).toEqual([disk.path])
    expect(whole.imageBytes - used.imageBytes).toBeGreaterThan(8 << 20)
    execFileSync('zstd', ['-dqf', at('used.img.zst'), '-o', at('used.img')])
    execFileSync('e2fsck', ['-fn', at('used.img')], { stdio: 'pipe' })
    execFileSync('debugfs', ['-R', `dump /kept ${at('kept')}`, at('used.img')], { stdio: 'pipe' })
    expect(fs.readFileSync(at('kept')).equals(noise(3 << 20, 5))).toBe(true)
    expect(JSON.parse(fs.readFileSync(at('used.img.zst.json'), 'utf8'))).toMatchObject({
      skipped_unused: [disk.path],
    })
  } finally {
    disk.detach()
  }
})

longTest('with a map bad sectors are zeros, and a second run reads only them', async () => {
  fs.writeFileSync(at('bad'), content)
  fs.truncateSync(at('bad'), 12 << 20)
  const other = attachLoop(at('bad'), 12 << 20)
  const call = { device: other.path, image: at('bad.img.gz'), map: at('bad.map') }
  try {
    fs.truncateSync(at('bad'), 9 << 20)
    const first = await backupDevice(call)
    expect(first.badBytes).toBe(3 << 20)
    expect(fs.readFileSync(at('bad.map'), 'utf8')).toMatch(/0x00900000 {2}0x00300000 {2}-/)
    fs.truncateSync(at('bad'), 12 << 20)
    const fd = fs.openSync(at('bad'), 'r+')
    fs.writeSync(fd, content, 9 << 20, content.length - (9 << 20), 9 << 20)
    // A second run must not read what it has: this change is not to be seen.
    fs.writeSync(fd, Buffer.alloc(1 << 20, 7), 0, 1 << 20, 0)
    fs.closeSync(fd)
    execFileSync('blockdev', ['--flushbufs', other.path])
    const second = await backupDevice(call)
    expect(second.badBytes).toBe(0)
    const whole = Buffer.concat([content, Buffer.alloc((12 << 20) - content.length)])
    expect(zlib.gunzipSync(fs.readFileSync(at('bad.img.gz'))).equals(whole)).toBe(true)
    await expect(backupDevice({ ...call, device: loop.path })).rejects.toThrow(/is not the map of it/)
  } finally {
    other.detach()
  }
})

test.each([
  ['an ending that says no form', { device: '/dev/loop0', image: 'a.iso' }, /does not end with \.img/],
  ['no disk', { device: '/dev/null', image: 'a.img' }, /is not a disk/],
  ['a folder', { device: os.tmpdir(), image: 'a.img' }, /is not a disk/],
  ['nothing there', { device: '/dev/butcher-none', image: 'a.img' }, /no such file/],
])('%s is refused', async (_, options, message) => {
  await expect(backupDevice(options)).rejects.toThrow(message)
})
