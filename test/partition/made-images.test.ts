import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openPartitionImage } from '../../src/index.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { expand } from './images.ts'
import { makeNtfsclone, makePartclone, makePartclone1, partitionOf } from './make-image.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)

let files = 0
function write(image: Buffer): string {
  const file = path.join(folder, `image-${++files}`)
  fs.writeFileSync(file, image)
  return file
}

/** The partition in order and at any place, and that all checksums match. */
async function holds(image: Buffer, raw: Buffer): Promise<void> {
  const opened = await openPartitionImage(write(image))
  expect(opened.facts.warnings.filter((text) => /cut|follow|counts|checksum of/.test(text))).toEqual([])
  expect((await expand(opened)).equals(raw)).toBe(true)
  await opened.prepare()
  const read = Buffer.alloc(raw.length, 1)
  for (let at = 0; at < read.length; at += 777) opened.readAtSync?.(at, read.subarray(at, at + 777))
  expect(read.equals(raw)).toBe(true)
  await opened.close()
}

const used = { all: Array.from({ length: 99 }, (_, i) => i) }

describe('partclone 0002', () => {
  const modes = [0, 0x20, 0x30, 0x31] as const
  const cases = modes.flatMap((mode) =>
    [true, false].flatMap((reseed) => [false, true].map((bigEndian) => ({ mode, reseed, bigEndian }))),
  )
  test.each(cases)('checksum mode $mode, reseed $reseed, big-endian $bigEndian', async (wanted) => {
    for (const group of [1, 4, 15, 16, 1000])
      await holds(await makePartclone({ ...wanted, group }), partitionOf(wanted))
  })

  test('a map of bytes, with either of its ends, and no map at all', async () => {
    for (const bigEndian of [false, true]) {
      const raw = partitionOf({})
      await holds(await makePartclone({ map: 'bytes', bigEndian }), raw)
      await holds(await makePartclone({ map: 'bytes, old end', bigEndian }), raw)
      await holds(await makePartclone({ map: 'none', bigEndian }), partitionOf({ used: used.all }))
    }
  })

  test('no used block, one block, and numbers of blocks around the words of the map', async () => {
    for (const blocks of [1, 7, 8, 9, 31, 32, 33, 64, 8191, 8192, 8193, 16_384]) {
      for (const some of [[], [0], [blocks - 1]]) {
        const wanted = { blocks, used: some }
        await holds(await makePartclone(wanted), partitionOf(wanted))
      }
    }
  })
})

describe('partclone 0001', () => {
  test.each([4, 8] as const)('CRCs of %i bytes, in either byte order', async (crcBytes) => {
    for (const bigEndian of [false, true]) {
      const image = makePartclone1({ crcBytes, bigEndian })
      await holds(image, partitionOf({}))
      // The length of a cut image does not tell the size of its CRCs.
      const opened = await openPartitionImage(write(image.subarray(0, -100)))
      expect(opened.details).toContainEqual({ name: 'bytes of a checksum', value: String(crcBytes) })
      await opened.close()
    }
  })
})

describe('ntfsclone', () => {
  test('10.1 has a last, shorter cluster; 10.0 has none', async () => {
    const tail = Buffer.alloc(100, 0x55)
    await holds(makeNtfsclone({ version: [10, 1], tail }), Buffer.concat([partitionOf({}), tail]))
    await holds(makeNtfsclone({ version: [10, 0] }), partitionOf({}))
  })

  test('older ones are in the byte order of their machine', async () => {
    for (const bigEndian of [false, true])
      await holds(makeNtfsclone({ version: [3, 1], bigEndian }), partitionOf({}))
  })
})
