import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  chunkExtraBytes,
  chunksBytes,
  discBytes,
  overheadBytes,
  plainTake,
  roomBytes,
} from '../../src/disc/capacity.ts'
import { chunkFile } from '../../src/format/layout.ts'
import { imageSectors } from '../commands/backup-set.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'capacity-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

const contents = { readmeBytes: 7000, scriptBytes: 41_000, catalogBytes: 1_234_567 }

/** A disc of files that are all hole. */
function disc(sizes: readonly number[]): string {
  const folder = fs.mkdtempSync(path.join(root, 'disc-'))
  fs.mkdirSync(path.join(folder, 'chunks'))
  const file = (name: string, bytes: number): void => {
    fs.writeFileSync(path.join(folder, name), '')
    fs.truncateSync(path.join(folder, name), bytes)
  }
  const names = sizes.map((_, i) => `chunks/${chunkFile(99_000_001 + i, 'zstd', true)}`)
  file('README.txt', contents.readmeBytes)
  file('restore.sh', contents.scriptBytes)
  file('catalog.sqlite.bz2.gpg', contents.catalogBytes)
  const others = ['README.txt', 'restore.sh', 'catalog.sqlite.bz2.gpg']
  file(
    'SHA256SUMS',
    [...names, ...others].reduce((sum, name) => sum + 64 + 2 + name.length + 1, 0),
  )
  for (const [i, name] of names.entries()) file(name, sizes[i] as number)
  return folder
}

test.each([
  ['no chunk', []],
  ['one', [1]],
  ['sizes at the edges of sectors', [2047, 2048, 2049, 4096, 1, 2048 * 1000]],
  ['a disc of BD-R', Array.from({ length: 24 }, () => 1_000_000_007)],
  ['many', Array.from({ length: 300 }, (_, i) => i * 37)],
  ['very many', Array.from({ length: 3000 }, (_, i) => (i * 7919) % 50_000)],
])('what is counted covers what xorriso makes of it: %s', (_, sizes) => {
  const folder = disc(sizes)
  const counted = overheadBytes(contents) + chunksBytes(sizes, plainTake(contents))
  const real = imageSectors(folder) * 2048
  expect(real).toBeLessThanOrEqual(counted)
  expect(real).toBeLessThanOrEqual(discBytes(folder))
  // No more is wasted than a little for the file system, and some bytes a chunk.
  expect(counted - real).toBeLessThan(60_000 + sizes.length * 400)
})

test('the room of a disc is what its contents leave', () => {
  const room = roomBytes(100_000_000, plainTake(contents))
  expect(room + overheadBytes(contents)).toBe(100_000_000)
  expect(roomBytes(Infinity, plainTake(contents))).toBe(Infinity)
  expect(chunksBytes([1], plainTake(contents))).toBe(2048 + chunkExtraBytes)
})
