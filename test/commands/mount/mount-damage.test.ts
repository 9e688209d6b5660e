/** `butcher mount` of a set with damaged or missing discs: no wrong byte, and the log names the disc. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'
import type { Compression } from '../../../src/format/layout.ts'
import { makeSet } from '../../support/make-set.ts'
import { plantTree } from '../../support/plant-tree.ts'
import { noise } from '../../support/sample-trees.ts'
import { mountSet, readError, unmountAll } from './mounts.ts'

const scratch = scratchFolder()
afterAll(() => {
  unmountAll()
  scratch.remove()
})
const at = (name: string): string => path.join(scratch.folder, name)

const files = ['one', 'two', 'three', 'four', 'five', 'six'].map((name, i) => [name, noise(900, i)] as const)
const tree = Object.fromEntries(files.map(([name, data]) => [name, { type: 'file' as const, data }]))

const readable = (folder: string): string[] =>
  files
    .filter(([name, data]) => {
      const file = `${folder}/latest/${name}`
      return readError(file) === undefined && fs.readFileSync(file).equals(data)
    })
    .map(([name]) => name)

const flip = (file: string, offset: number): void => {
  const bytes = fs.readFileSync(file)
  bytes[offset] = (bytes[offset] as number) ^ 1
  fs.writeFileSync(file, bytes)
}

test('a missing disc gives EIO until it is there, and other discs can be read', async () => {
  const { destination, discs } = await makeSet(at('missing'), { backups: [{ tree }], compression: 'gz' })
  expect(discs).toHaveLength(3)
  const [, second] = discs as [string, string, string]
  const away = at('away')
  fs.renameSync(second, away)
  const { folder, log, unmount } = mountSet([destination], at('missing-mount'))
  expect(readable(folder)).toHaveLength(4)
  const lost = files.filter(([name]) => readError(`${folder}/latest/${name}`) === 'EIO')
  expect(lost).toHaveLength(2)
  expect(
    log().filter((line) =>
      /^disc 2 \(BUTCHER_\w+_0002\), chunk 0000000\d\.tar\.gz: the disc is missing$/.test(line),
    ),
  ).toHaveLength(2)
  expect(log().filter((line) => line.endsWith(': disc 2 is missing'))).toHaveLength(2)
  fs.renameSync(away, second)
  for (const [name, data] of lost) {
    while (readError(`${folder}/latest/${name}`) !== undefined)
      await new Promise((resolve) => setTimeout(resolve, 100))
    expect(fs.readFileSync(`${folder}/latest/${name}`).equals(data)).toBe(true)
  }
  await unmount()
})

test('a flipped bit never gives a wrong byte, however the chunk is compressed', async () => {
  const kinds = ['xz', 'none', 'gz', 'bz2', 'zstd'] as const
  const { destination, chunks } = await makeSet(at('flipped'), {
    backups: [{ tree }],
    compression: (chunk) => kinds[chunk % kinds.length] as Compression,
  })
  expect(chunks).toHaveLength(files.length)
  // In a tar without compression, a file of 900 bytes begins at 512.
  for (const chunk of chunks.slice(0, kinds.length))
    flip(chunk, chunk.endsWith('.tar') ? 700 : Math.floor(fs.statSync(chunk).size * 0.4))
  const { folder, log, unmount } = mountSet([destination], at('flipped-mount'))
  const right = readable(folder)
  expect(right).toHaveLength(files.length - kinds.length)
  const wrong = files.filter(([name]) => !right.includes(name))
  expect(wrong.map(([name]) => readError(`${folder}/latest/${name}`))).toEqual(wrong.map(() => 'EIO'))
  const chunkLines = log().filter((line) => /^disc \d \(BUTCHER_\w+\), chunk 0000000\d\.tar/.test(line))
  expect(chunkLines).toHaveLength(kinds.length)
  await unmount()
})

test('another copy of a damaged disc is read instead', async () => {
  const { destination, discs, chunks } = await makeSet(at('copies'), { backups: [{ tree }], chunkBytes: 1e6 })
  fs.cpSync(discs[0] as string, at('copies-2/disc-0001'), { recursive: true })
  flip(chunks[0] as string, Math.floor(fs.statSync(chunks[0] as string).size / 2))
  const { folder, unmount } = mountSet([destination, at('copies-2')], at('copies-mount'))
  expect(readable(folder)).toHaveLength(files.length)
  await unmount()
})

test('a large file that was changed ends with EIO', async () => {
  const large = noise(40_000_000, 9)
  plantTree(at('large'), { large: { type: 'file', data: large } })
  await runBackup({ source: at('large'), destination: at('large-set'), compress: 'none' })
  flip(at('large-set/disc-0001/chunks/00000001.tar'), 30_000_000)
  const { folder, log, unmount } = mountSet([at('large-set')], at('large-mount'))
  expect(readError(`${folder}/latest/large`)).toBe('EIO')
  // From then on it is known to be wrong.
  const handle = fs.openSync(`${folder}/by-number/1/large`, 'r')
  expect(() => fs.readSync(handle, Buffer.alloc(100), 0, 100, 1000)).toThrow('EIO')
  fs.closeSync(handle)
  expect(
    log().some((line) => line.startsWith('disc 1 ') && line.includes('it has wrong bytes for large')),
  ).toBe(true)
  await unmount()
})
