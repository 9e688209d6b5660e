import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  chunkExtraBytes,
  chunksBytes,
  discBytes,
  overheadBytes,
  plainDiscBytes,
  plainOverhead,
  roomBytes,
  spareReserveBytes,
} from '../../src/disc/capacity.ts'
import { spareReadme } from '../../src/spare/spare-readme.ts'
import { formatGroup, parityBytes } from '../../src/format/spare-group.ts'
import { parityPieces } from '../../src/format/layout.ts'
import { chunkFile } from '../../src/format/layout.ts'
import { imageSectors } from '../support/backup-set.ts'

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
  const counted = overheadBytes(contents) + chunksBytes(sizes, plainOverhead(contents))
  const real = imageSectors(folder) * 2048
  expect(real).toBeLessThanOrEqual(counted)
  expect(real).toBeLessThanOrEqual(discBytes(folder))
  // No more is wasted than a little for the file system, and some bytes a chunk.
  expect(counted - real).toBeLessThan(60_000 + sizes.length * 400)
})

test('the room of a disc is what its contents leave', () => {
  const room = roomBytes(100_000_000, plainOverhead(contents))
  expect(room + overheadBytes(contents) + spareReserveBytes(100_000_000)).toBe(100_000_000)
  expect(roomBytes(Infinity, plainOverhead(contents))).toBe(Infinity)
  expect(chunksBytes([1], plainOverhead(contents))).toBe(2048 + chunkExtraBytes)
})

test.each([
  ['cd', 736_100_352, 3, 20],
  ['DVD', 4_700_372_992, 5, 20],
  ['BD-R 25', 24_220_008_448, 25, 20],
  ['BD-R 25, chunks of 100 MB', 24_220_008_448, 242, 6],
  ['BD-R 128', 123_706_802_176, 124, 20],
  ['a small one, not reserved for', 5_000_000, 5, 8],
])('a spare of discs that are full to the last sector fits: %s', (_, capacity, chunks, discs) => {
  const sha256 = 'f'.repeat(64)
  const small = { readmeBytes: 8192, scriptBytes: 40_960, catalogBytes: capacity < 1e8 ? 8192 : 4_096_000 }
  const room = roomBytes(capacity, plainOverhead(small))
  const sizeBytes = Math.floor((room / chunks - chunkExtraBytes) / 2048) * 2048
  const names = Array.from({ length: chunks }, (__, i) => `chunks/${chunkFile(10_000_000 + i, 'zstd', true)}`)
  const files = [
    { name: 'README.txt', sizeBytes: small.readmeBytes, sha256 },
    { name: 'SHA256SUMS', sizeBytes: 300 + names.length * 98, sha256 },
    { name: 'catalog.sqlite.bz2.gpg', sizeBytes: small.catalogBytes, sha256 },
    ...names.map((name) => ({ name, sizeBytes, sha256 })),
    { name: 'restore.sh', sizeBytes: small.scriptBytes, sha256 },
  ]
  const label = 'BUTCHER_00112233_SPARE_0001'
  const group = {
    set: '0'.repeat(32),
    spare: 1,
    label,
    discs: Array.from({ length: discs }, (__, i) => ({ disc: 1000 + i, label, files })),
  }
  const pieces = parityPieces(parityBytes(group))
  const folder = fs.mkdtempSync(path.join(root, 'spare-'))
  const sizes: number[] = []
  const file = (name: string, bytes: number): void => {
    fs.writeFileSync(path.join(folder, name), '')
    fs.truncateSync(path.join(folder, name), bytes)
    sizes.push(bytes)
  }
  for (const piece of pieces) file(piece.name, piece.sizeBytes)
  file('README.txt', spareReadme(group).length)
  file('group.txt', formatGroup(group).length)
  file('SHA256SUMS', 160 + pieces.length * 82)
  const real = imageSectors(folder) * 2048
  expect(real).toBeLessThanOrEqual(plainDiscBytes(sizes))
  expect(plainDiscBytes(sizes)).toBeLessThanOrEqual(capacity)
  expect((room - chunks * 2048) / capacity).toBeGreaterThan(capacity < 1e8 ? 0.9 : 0.99)
})
