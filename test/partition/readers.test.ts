import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openPartitionImage } from '../../src/index.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { expand, imageBytes, sha256, sums } from './images.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)

function write(name: string): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, imageBytes(name))
  return file
}

describe.each(Object.entries(sums))('%s', (name, sum) => {
  test('holds the partition that its tool restores, in order and at any place', async () => {
    const image = await openPartitionImage(write(name))
    expect(sha256(await expand(image))).toBe(sum)
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
