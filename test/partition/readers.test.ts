import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openPartitionImage } from '../../src/index.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { expand, sha256, sums, writeImage } from './images.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const cacheDir = path.join(folder, 'cache')

const write = (name: string): string => writeImage(name, folder)

describe.each(Object.entries(sums))('%s', (name, sum) => {
  test('holds the partition that its tool restores, in order and at any place', async () => {
    const image = await openPartitionImage(write(name), { cacheDir })
    expect(sha256(await expand(image))).toBe(sum)
    await image.prepare()
    const whole = Buffer.alloc(image.facts.deviceBytes, 0xee)
    await image.readAt(0, whole)
    expect(sha256(whole)).toBe(sum)
    // Pieces that fit neither blocks nor groups.
    whole.fill(0xee)
    for (let at = 0; at < whole.length; at += 70_001) image.readAtSync?.(at, whole.subarray(at, at + 70_001))
    expect(sha256(whole)).toBe(sum)
    await image.close()
  })
})

test('a range outside the partition is refused', async () => {
  const image = await openPartitionImage(write('vfat-a1.img'))
  const { deviceBytes } = image.facts
  for (const [offset, length] of [
    [-1, 1],
    [0.5, 1],
    [deviceBytes, 1],
    [deviceBytes - 1, 2],
  ] as const) {
    await expect(image.readAt(offset, Buffer.alloc(length))).rejects.toMatchObject({ code: 'usage' })
  }
  await image.readAt(deviceBytes, Buffer.alloc(0))
  await image.close()
})

test('unused blocks get the fill pattern, which begins with the partition', async () => {
  const image = await openPartitionImage(write('vfat-a1.img'), { fill: 'c0ffee' })
  const used = new Set<number>()
  for await (const { offset, bytes } of image.blocks())
    for (let at = 0; at < bytes.length; at += 512) used.add(offset + at)
  const block = Buffer.alloc(512)
  const pattern = Buffer.from('c0ffee', 'hex')
  for (let at = 0; at < image.facts.deviceBytes; at += 512 * 97) {
    if (used.has(at)) continue
    await image.readAt(at, block)
    expect(block.every((byte, i) => byte === pattern[(at + i) % 3])).toBe(true)
  }
  await image.close()
})

test('an image of ntfsclone --metadata goes back for clusters, and gives them in rising order', async () => {
  const image = await openPartitionImage(write('ntfs-metadata-only.ntfsclone'))
  const raw = await expand(image)
  const whole = Buffer.alloc(raw.length)
  await image.readAt(0, whole)
  expect(sha256(raw)).toBe(sha256(whole))
  expect(raw.toString('latin1', 3, 7)).toBe('NTFS')
  // The boot sector and its copy.
  expect(raw.subarray(-512).equals(raw.subarray(0, 512))).toBe(true)
  await image.close()
})

test('an NTFS partition gets the copy of its boot sector, and equals its source', async () => {
  const source = sums['ntfs-10.1.ntfsclone']
  const image = await openPartitionImage(write('ntfs-a1.img'), { bootSectorCopy: true })
  expect(sha256(await expand(image))).toBe(source)
  const whole = Buffer.alloc(image.facts.deviceBytes)
  await image.readAt(0, whole)
  expect(sha256(whole)).toBe(source)
  await image.close()
  await expect(openPartitionImage(write('vfat-a1.img'), { bootSectorCopy: true })).rejects.toMatchObject({
    code: 'usage',
  })
})
