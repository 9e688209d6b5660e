/** A disk, or the partition of an image, as the source of a backup. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import { withoutEndings } from '../../../src/commands/backup/without-endings.ts'
import { handPath, runBash } from '../../by-hand/hand-tools.ts'
import { sums, writeImage } from '../../partition/images.ts'
import { discFolders, runBackup, scratchFolder } from '../../support/backup-set.ts'
import { attachLoop } from '../../support/loop-device.ts'
import { needsRoot } from '../../support/needs-root.ts'
import { noise } from '../../support/sample-trees.ts'
import { program } from '../../support/tree.ts'
import { longTest, rows } from '../../support/rows.ts'

const MiB = 1 << 20
const scratch = scratchFolder()
afterAll(scratch.remove)

let folder: string
let destination: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'case-'))
  destination = path.join(folder, 'dest')
})

const sumOf = (file: string): string => createHash('sha256').update(fs.readFileSync(file)).digest('hex')

/** Restores one backup, and returns the sum of its only file. */
async function restoredSum(at: number): Promise<string> {
  const out = path.join(folder, `out-${at}`)
  const told: string[] = []
  await restore({
    from: [destination],
    destination: out,
    at: String(at),
    jobs: 1,
    report: (event) => event.type === 'warning' && told.push(event.message),
  })
  expect(told).toEqual([])
  const [name, ...others] = fs.readdirSync(out)
  expect(others).toEqual([])
  return sumOf(path.join(out, name as string))
}

describe('a disk', () => {
  test('the second image costs what changed, and both come back, by hand, too', async () => {
    needsRoot('sets up a loop device')
    const card = path.join(folder, 'card')
    fs.writeFileSync(card, Buffer.concat([noise(2 * MiB, 1), Buffer.alloc(5 * MiB), noise(MiB / 2, 2)]))
    const disk = attachLoop(card, 0)
    try {
      const first = sumOf(card)
      const run = await runBackup({ source: disk.path, destination, compress: 'none' })
      expect(run).toMatchObject({ filesNew: 1, bytesSource: 7.5 * MiB, warnings: 0 })
      const fd = fs.openSync(disk.path, 'r+')
      fs.writeSync(fd, noise(4096, 3), 0, 4096, MiB + 512)
      fs.fsyncSync(fd)
      fs.closeSync(fd)
      const second = sumOf(disk.path)
      const next = await runBackup({ source: disk.path, destination, compress: 'none' })
      expect(next).toMatchObject({ filesChanged: 1 })
      expect(next.bytesStored).toBeLessThan(1.1 * MiB)
      expect(await runBackup({ source: disk.path, destination })).toMatchObject({
        filesUnchanged: 1,
        chunks: 0,
      })

      expect([await restoredSum(1), await restoredSum(2)]).toEqual([first, second])
      const bin = handPath(path.join(folder, 'bin'), ['sqlite3'])
      const [disc] = discFolders(destination) as [string]
      const hand = path.join(folder, 'hand')
      expect(runBash(bin, [path.join(disc, 'restore.sh'), hand], { cwd: folder }).status).toBe(0)
      expect(sumOf(path.join(hand, path.basename(disk.path)))).toBe(second)
    } finally {
      disk.detach()
    }
  })

  test('that is mounted is named, one that cannot be read to its end is refused', async () => {
    needsRoot('mounts a loop device')
    const card = path.join(folder, 'card')
    fs.writeFileSync(card, Buffer.alloc(4 * MiB))
    program('mkfs.ext4', ['-q', card])
    const disk = attachLoop(card, 0)
    const place = path.join(folder, 'mounted')
    fs.mkdirSync(place)
    try {
      program('mount', [disk.path, place])
      try {
        const { told } = await runBackup({ source: disk.path, destination, dryRun: true })
        expect(told.join()).toContain(`is mounted at ${place}`)
      } finally {
        program('umount', [place])
      }
      fs.truncateSync(card, MiB)
      await expect(runBackup({ source: disk.path, destination })).rejects.toMatchObject({ code: 'source' })
      expect(fs.existsSync(path.join(destination, 'catalog.sqlite'))).toBe(false)
    } finally {
      disk.detach()
    }
  })
})

longTest('a disk in use is stored as one reading found it, and is named if it changed', async () => {
  needsRoot('mounts a loop device')
  const card = path.join(folder, 'card')
  fs.writeFileSync(card, '')
  fs.truncateSync(card, 16 * MiB)
  program('mkfs.ext4', ['-q', card])
  const disk = attachLoop(card, 0)
  const place = path.join(folder, 'busy')
  fs.mkdirSync(place)
  program('mount', [disk.path, place])
  try {
    const quiet = await runBackup({ source: disk.path, destination })
    expect(quiet).toMatchObject({ complete: true, filesNew: 1, sourceWarnings: 0 })
    const moving = await runBackup({ source: disk.path, destination }, (event) => {
      if (event.type !== 'stage' || (event.stage !== 'read-device' && event.stage !== 'pack')) return
      fs.writeFileSync(path.join(place, event.stage), noise(3 * MiB, 7))
      program('sync', ['-f', place])
    })
    expect(moving).toMatchObject({ complete: true, filesChanged: 1, sourceWarnings: 1 })
    expect(moving.told).toContain(`${path.basename(disk.path)}: changed while it was read`)
    // A restore compares the hash of the whole. The file of the pack stage came after the reading.
    expect(await restoredSum(2)).not.toBe(await restoredSum(1))
  } finally {
    program('umount', [place])
    disk.detach()
  }
})

describe('the partition of an image', () => {
  test.each(rows(['ext4-a1.img', 'vfat.pimg.000', 'sda1.ext4-ptcl-img.zst.aa'], [2]))('%s', async (name) => {
    const image = writeImage(name, folder)
    const run = await runBackup({ source: image, destination, asPartition: true })
    expect(run).toMatchObject({ filesNew: 1, sourceWarnings: 0 })
    expect(await restoredSum(1)).toBe(sums[name])
    const again = await runBackup({ source: image, destination, asPartition: true })
    expect(again).toMatchObject({ filesUnchanged: 1, chunks: 0 })
  })

  test('a file that is no image', async () => {
    const file = path.join(folder, 'file')
    fs.writeFileSync(file, noise(5000, 1))
    const run = runBackup({ source: file, destination, asPartition: true })
    await expect(run).rejects.toMatchObject({ code: 'damaged' })
  })

  test.each([
    ['sda1.img', 'sda1'],
    ['sda1.ext4-ptcl-img.gz.aa', 'sda1'],
    ['root.pimg.000', 'root'],
    ['disk.ntfs-img.zst', 'disk'],
    ['my.card', 'my.card'],
    ['.img', '.img'],
  ])('%s is named %s', (image, name) => {
    expect(withoutEndings(image)).toBe(name)
  })
})
