/** A disk that was backed up comes back onto a disk, and never onto a wrong one. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { attachLoop, type LoopDevice } from '../support/loop-device.ts'
import { needsRoot } from '../support/needs-root.ts'
import { noise } from '../support/sample-trees.ts'
import { cli, lastLine } from './cli.ts'

const MiB = 1 << 20
const scratch = scratchFolder()
afterAll(scratch.remove)

const set = path.join(scratch.folder, 'set')
const card = path.join(scratch.folder, 'card')
const disks: LoopDevice[] = []
afterEach(() => disks.splice(0).forEach(({ detach }) => detach()))

beforeAll(async () => {
  needsRoot('sets up loop devices')
  fs.writeFileSync(card, Buffer.concat([noise(1.5 * MiB, 1), Buffer.alloc(2.5 * MiB), noise(MiB, 2)]))
  const { path: source, detach } = attachLoop(card, 0)
  try {
    await runBackup({ source, destination: set, compress: 'zstd' })
  } finally {
    detach()
  }
})

/** A disk that holds something else. */
function newDisk(bytes: number): LoopDevice {
  const file = path.join(scratch.folder, `disk-${bytes}`)
  fs.writeFileSync(file, noise(bytes, 3))
  const disk = attachLoop(file, bytes)
  disks.push(disk)
  return disk
}

test('onto a larger disk, zeros included', () => {
  const disk = newDisk(6 * MiB)
  const run = cli(['restore', set, disk.path, '--erase', `${disk.path}:${6 * MiB}`])
  expect(run).toMatchObject({ status: 0, stderr: '' })
  expect(run.stdout).toContain('read back and compared')
  expect(
    fs
      .readFileSync(disk.path)
      .subarray(0, 5 * MiB)
      .equals(fs.readFileSync(card)),
  ).toBe(true)
})

test('not onto one that is too small, or that nobody confirmed', () => {
  const small = newDisk(4 * MiB)
  const before = fs.readFileSync(small.path)
  const tooSmall = cli(['restore', set, small.path, '--erase', `${small.path}:${4 * MiB}`])
  expect(tooSmall.status).toBe(1)
  expect(lastLine(tooSmall.stderr)).toMatch(/has 5242880 bytes, \/dev\/loop\d+ only 4194304/)
  expect(fs.readFileSync(small.path).equals(before)).toBe(true)
  const large = newDisk(7 * MiB)
  const unconfirmed = cli(['restore', set, large.path])
  expect(unconfirmed.status).toBe(2)
  expect(lastLine(unconfirmed.stderr)).toContain('is not confirmed')
  expect(fs.readFileSync(large.path).equals(noise(7 * MiB, 3))).toBe(true)
})

test('a backup of several files is refused, and options that mean something else', async () => {
  const disk = newDisk(6 * MiB)
  const source = path.join(scratch.folder, 'files')
  fs.mkdirSync(source)
  for (const name of ['a', 'b']) fs.writeFileSync(path.join(source, name), name)
  const other = path.join(scratch.folder, 'other')
  await runBackup({ source, destination: other })
  const erase = ['--erase', `${disk.path}:${6 * MiB}`]
  const several = cli(['restore', other, disk.path, ...erase])
  expect(lastLine(several.stderr)).toContain('backup 1 has several files: a disk takes one')
  expect(cli(['restore', set, disk.path, '--overwrite', ...erase]).status).toBe(2)
  const folder = cli(['restore', set, path.join(scratch.folder, 'out'), ...erase])
  expect(lastLine(folder.stderr)).toContain('--erase needs a disk as destination')
  expect(fs.readFileSync(disk.path).equals(noise(6 * MiB, 3))).toBe(true)
})
