/** Every image through a real mount that this process serves. */

import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { rows } from '../../support/rows.ts'
import { partitionName } from '../../../src/commands/partition/partition-name.ts'
import { planPartitionMount } from '../../../src/commands/partition/partition-mount.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { mountTree } from '../../../src/fuse/mount.ts'
import { newMountPoint, removeMounts } from '../../fuse/server.ts'
import { sums, writeImage } from '../../partition/images.ts'

const images = newMountPoint()
let folder = ''
beforeEach(() => {
  folder = newMountPoint()
})
afterAll(removeMounts)

/** Another process reads: this one waits for it. */
async function sumOf(file: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('sha256sum', ['--', file])
  return stdout.replace(/^\\/, '').split(' ')[0]
}

async function mountedSum(image: string, events: ButcherEvent[] = []): Promise<string | undefined> {
  const cacheDir = path.join(images, 'cache')
  const report = (event: ButcherEvent): void => void events.push(event)
  const { request, name } = await planPartitionMount({ image, folder, cacheDir, report })
  const { unmount, done } = await mountTree(request)
  try {
    expect(fs.readdirSync(folder)).toEqual([name])
    return await sumOf(path.join(folder, name))
  } finally {
    await unmount()
    await done
  }
}

test.each(rows(Object.entries(sums), [0, 5, 10, 15, 20]))('%s', async (name, sum) => {
  const file = writeImage(name, images)
  expect(await mountedSum(file)).toBe(sum)
  expect(partitionName(file)).not.toContain('.aa')
})

test('a compressed image is read by another thread, and the work before it is reported', async () => {
  const file = path.join(images, 'packed.img.zst')
  const events: ButcherEvent[] = []
  fs.writeFileSync(file, zlib.zstdCompressSync(fs.readFileSync(writeImage('ext4-a1.img', images))))
  expect(await mountedSum(file, events)).toBe(sums['ext4-a1.img'])
  expect(events.map(({ type }) => type)).toContain('stage')
})

test.each(['plain', 'zst'])('holes are holes for programs that copy (%s)', async (kind) => {
  const plain = writeImage('ext4-a1.img', images)
  const image = kind === 'plain' ? plain : path.join(images, 'holes.img.zst')
  if (image !== plain) fs.writeFileSync(image, zlib.zstdCompressSync(fs.readFileSync(plain)))
  const { request, name } = await planPartitionMount({ image, folder, cacheDir: path.join(images, 'cache') })
  const { unmount, done } = await mountTree(request)
  try {
    const copy = path.join(images, `copy-${kind}`)
    await promisify(execFile)('cp', [path.join(folder, name), copy])
    expect(await sumOf(copy)).toBe(sums['ext4-a1.img'])
    const { size, blocks } = fs.statSync(copy)
    expect(blocks * 512).toBeLessThan(size / 2)
  } finally {
    await unmount()
    await done
  }
})
