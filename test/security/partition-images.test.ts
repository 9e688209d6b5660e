/**
 * Images of partitions that lie, and sound ones of which pieces are changed, cut or doubled. Every reader
 * ends soon, in little memory, and throws nothing but a ButcherError.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ButcherError, checkPartition, openPartitionImage } from '../../src/index.ts'
import { makeNtfsclone, makePartclone, makePartclone1 } from '../partition/make-image.ts'
import { imageBytes } from '../partition/images.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { scratchFolder } from '../support/backup-set.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const file = path.join(folder, 'hostile.img')

/** Reads an image in every way. Returns the code of the error, or `read`. */
async function readAll(image: Uint8Array): Promise<string> {
  fs.writeFileSync(file, image)
  try {
    const opened = await openPartitionImage(file, { ignoreChecksums: true })
    try {
      const { deviceBytes } = opened.facts
      for await (const { offset, bytes } of opened.blocks(undefined, () => {})) {
        if (offset < 0 || offset + bytes.length > deviceBytes)
          throw new Error('a block outside the partition')
      }
      const piece = Buffer.alloc(Math.min(5000, deviceBytes))
      for (const share of [0, 0.3, 0.9, 1]) {
        await opened.readAt(Math.floor((deviceBytes - piece.length) * share), piece)
      }
    } finally {
      await opened.close()
    }
    await checkPartition({ image: file })
    return 'read'
  } catch (error) {
    if (error instanceof ButcherError && error.code !== 'internal') return error.code
    throw error
  }
}

/** A generator of numbers below `below`: xorshift, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const lies = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

function change(sound: Buffer, headBytes: number, next: (below: number) => number): Buffer {
  const bytes = Buffer.from(sound)
  const at = next(next(3) === 0 ? bytes.length : headBytes)
  switch (next(5)) {
    case 0:
      bytes[at] = next(256)
      return bytes
    case 1:
      return bytes.subarray(0, at)
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - next(600)))])
    case 3:
      if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(BigInt(next(2 ** 32)) << BigInt(next(33)), at)
      return bytes
    default:
      if (at + 4 <= bytes.length) bytes.writeUInt32LE(lies[next(lies.length)] as number, at)
      return bytes
  }
}

const sound: Readonly<Record<string, () => Promise<readonly [image: Buffer, headBytes: number]>>> = {
  'partclone 0002': async () => [await makePartclone({}), 130],
  'partclone 0002, big-endian, map of bytes': async () => [
    await makePartclone({ bigEndian: true, map: 'bytes', mode: 0x31 }),
    220,
  ],
  'partclone 0001': async () => [makePartclone1({}), 4270],
  ntfsclone: async () => [makeNtfsclone({ version: [10, 1], tail: Buffer.alloc(100) }), 600],
  partimage: async () => [imageBytes('vfat.pimg.000'), 52_000],
}

const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 25)

test.each(Object.keys(sound))('%s, changed at random', async (name) => {
  const [image, headBytes] = await (sound[name] as (typeof sound)[string])()
  const next = numbers(Number(process.env['FUZZ_SEED'] ?? 20_261_127))
  for (let i = 0; i < rounds; i++) {
    const cpu = countCpuSeconds()
    const end = await readAll(change(image, headBytes, next))
    expect(['read', 'damaged', 'usage', 'io', 'source']).toContain(end)
    expect(cpu()).toBeLessThan(4)
  }
})

/** Changes numbers of a header of partclone 0002, whose checksum `ignoreChecksums` leaves aside. */
async function lying(put: (image: Buffer) => void): Promise<Buffer> {
  const image = await makePartclone({})
  put(image)
  return image
}

describe('numbers that lie end as damage, before any memory is taken for them', () => {
  test.each<[string, (image: Buffer) => void]>([
    ['blocks of 0 bytes', (image) => image.writeUInt32LE(0, 84)],
    ['blocks of 4 GB', (image) => image.writeUInt32LE(0xffff_ffff, 84)],
    ['a bitmap of petabytes', (image) => image.writeBigUInt64LE(2n ** 56n, 60)],
    ['a bitmap larger than the image', (image) => image.writeBigUInt64LE(2n ** 33n, 60)],
    ['more blocks than the device has', (image) => image.writeBigUInt64LE(1n, 52)],
    ['numbers of 64 bits', (image) => image.fill(0xff, 52, 84)],
    ['checksums over no blocks', (image) => image.writeUInt32LE(0, 100)],
    ['an unknown checksum', (image) => image.writeUInt16LE(0x99, 96)],
    ['checksums of another size', (image) => image.writeUInt16LE(60_000, 98)],
    ['an unknown map', (image) => void (image[105] = 3)],
    ['no byte order', (image) => void (image[34] = 0)],
  ])('%s', async (_, put) => {
    const before = process.memoryUsage().rss
    expect(await readAll(await lying(put))).toBe('damaged')
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  })

  test('a device of petabytes of which nothing is stored costs nothing', async () => {
    const image = await makePartclone({ used: [] })
    image.writeBigUInt64LE(2n ** 52n, 52)
    const before = process.memoryUsage().rss
    expect(await readAll(image)).toBe('read')
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })

  test('a map of 4 TiB of zeros takes little memory', async () => {
    const image = await makePartclone({ used: [], mode: 0 })
    const blocks = 2 ** 32
    image.writeUInt32LE(4096, 84)
    image.writeBigUInt64LE(BigInt(blocks) * 4096n, 52)
    image.writeBigUInt64LE(BigInt(blocks), 60)
    fs.writeFileSync(file, image.subarray(0, 110))
    fs.truncateSync(file, 110 + blocks / 8 / 16 + 4)
    // A sixteenth of the map is there, as a hole: the image is refused before it is read.
    await expect(openPartitionImage(file, { ignoreChecksums: true })).rejects.toMatchObject({
      code: 'damaged',
    })
  })

  test('an ntfsclone image that goes back for ever ends with its file', async () => {
    const image = Buffer.from(makeNtfsclone({ version: [10, 1] }))
    const back = Buffer.alloc(9)
    back.writeBigInt64LE(-1n, 1)
    const forward = Buffer.alloc(9)
    forward.writeBigInt64LE(1n, 1)
    const endless = Buffer.concat([
      image.subarray(0, 56),
      ...Array.from({ length: 5000 }, () => [forward, back]).flat(),
    ])
    expect(await readAll(endless)).toBe('read')
  })
})
