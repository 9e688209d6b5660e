/** A disk that was backed up comes back onto a disk, and never onto a wrong one. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { attachLoop, type LoopDevice } from '../support/loop-device.ts'
import { needsRoot } from '../support/needs-root.ts'
import { noise } from '../support/sample-trees.ts'
import { cli, lastLine } from './cli.ts'
import { longTest } from '../support/rows.ts'

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

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

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

longTest('without room for the image in TMPDIR, whatever its compression and hash', async () => {
  const large = path.join(scratch.folder, 'large')
  // Zeros at both ends and in the middle, and an end that is no whole sector of a piece.
  const parts = [Buffer.alloc(MiB), noise(6.5 * MiB, 4), Buffer.alloc(9 * MiB), noise(2 * MiB + 512, 5)]
  fs.writeFileSync(large, Buffer.concat([...parts, Buffer.alloc(3 * MiB)]))
  const { path: source, detach } = attachLoop(large, 0)
  const other = path.join(scratch.folder, 'sha512')
  try {
    await runBackup({ source, destination: other, compress: 'none', hash: 'sha512' })
  } finally {
    detach()
  }
  const size = fs.statSync(large).size
  const disk = newDisk(24 * MiB)
  const narrow = path.join(scratch.folder, 'narrow')
  fs.mkdirSync(narrow)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', narrow])
  try {
    const run = cli(['restore', other, disk.path, '--erase', `${disk.path}:${24 * MiB}`], { TMPDIR: narrow })
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toContain(`sha256 of the raw image: ${sha256(fs.readFileSync(large))}`)
  } finally {
    execFileSync('umount', [narrow])
  }
  expect(fs.readFileSync(disk.path).subarray(0, size).equals(fs.readFileSync(large))).toBe(true)
})

test('a missing disc is known before anything is erased, and a damaged one leaves no beginning', () => {
  const disk = newDisk(8 * MiB)
  const erase = ['--erase', `${disk.path}:${8 * MiB}`]
  const broken = path.join(scratch.folder, 'broken')
  fs.cpSync(set, broken, { recursive: true })
  const folder = path.join(broken, 'disc-0001/chunks')
  const [chunk] = fs.readdirSync(folder) as [string]
  const bytes = fs.readFileSync(path.join(folder, chunk))
  fs.writeFileSync(path.join(folder, chunk), bytes.fill(0, Math.floor(bytes.length / 2)))
  const damaged = cli(['restore', broken, disk.path, ...erase])
  expect(damaged.status).toBe(1)
  expect(lastLine(damaged.stderr)).toContain(`${disk.path} holds part of an image now`)
  expect(
    fs
      .readFileSync(disk.path)
      .subarray(0, 4 * MiB)
      .equals(Buffer.alloc(4 * MiB)),
  ).toBe(true)
  fs.writeFileSync(disk.file, noise(8 * MiB, 3))
  fs.rmSync(path.join(broken, 'disc-0001'), { recursive: true })
  const missing = cli(['restore', broken, disk.path, ...erase])
  expect(missing.status).toBe(1)
  expect(lastLine(missing.stderr)).toContain(`disc 1 is missing; nothing was written to ${disk.path}`)
  expect(fs.readFileSync(disk.path).equals(noise(8 * MiB, 3))).toBe(true)
})

test('a file that is not in pieces comes by way of TMPDIR', async () => {
  const source = path.join(scratch.folder, 'plain')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'card.img'), noise(5 * MiB, 6))
  const other = path.join(scratch.folder, 'plain-set')
  await runBackup({ source, destination: other })
  const disk = newDisk(6 * MiB)
  const run = cli(['restore', other, disk.path, '--erase', `${disk.path}:${6 * MiB}`])
  expect(run).toMatchObject({ status: 0, stderr: '' })
  expect(
    fs
      .readFileSync(disk.path)
      .subarray(0, 5 * MiB)
      .equals(noise(5 * MiB, 6)),
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
