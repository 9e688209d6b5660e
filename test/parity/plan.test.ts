import { array, assert, constant, double, integer, oneof, pre, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  blockBytesFor,
  checksumLayout,
  checksumParityBytes,
  layoutFor,
  layoutsFor,
  mostDataBlocks,
  parityBytes,
  type ParityFile,
  parityRoom,
  plannedBlockBytes,
} from '../../src/parity/plan.ts'
import { recorded } from './recorded-sizes.ts'

/** A creator packet is reckoned as 256 bytes; that of par2cmdline 0.8.1 has 104. */
const creatorSlack = 256 - 104

test.each(recorded)(
  'par2 made what the formula says: blocks of $blockBytes, $recoveryBlocks for recovery, files of $sizes',
  (one) => {
    const files = one.names.map((name, i) => ({ name, sizeBytes: one.sizes[i] as number }))
    const { indexBytes, volumeBytes } = parityBytes(files, one)
    expect(indexBytes - creatorSlack).toBe(one.indexBytes)
    expect(volumeBytes - creatorSlack).toBe(one.volumeBytes)
  },
)

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `chunks/${String(i + 1).padStart(8, '0')}.tar.bz2.gpg`)
const inSectors = (bytes: number): number => Math.ceil(bytes / 2048) * 2048
const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0)

describe('the room that is kept for parity', () => {
  test('covers what any files on a disc get, in blocks of the size that it was reckoned with', () => {
    const capacities = oneof(integer({ min: 1e6, max: 1e8 }), integer({ min: 1e8, max: 125e9 }))
    const shares = array(oneof(double({ min: 0, max: 1, noNaN: true }), constant(0)), {
      minLength: 1,
      maxLength: 300,
    })
    const percents = integer({ min: 1, max: 50 })
    const fills = double({ min: 0.01, max: 1, noNaN: true })
    assert(
      property(shares, capacities, percents, fills, (weights, capacity, percent, fill) => {
        const others = [7000, 15_000, 60_000]
        const room = parityRoom(capacity, percent, total(others))
        const left = capacity - room.overheadBytes - weights.length * (room.chunkExtraBytes + 2048)
        pre(left > 0)
        const data = (left / (1 + room.sharePpm / 1e6)) * fill
        const chunks = weights.map((weight) => 1 + Math.floor((weight / (total(weights) || 1)) * data))
        const files: ParityFile[] = [
          { name: 'README.txt', sizeBytes: 7000 },
          { name: 'restore.sh', sizeBytes: 15_000 },
          { name: 'catalog.sqlite.bz2.gpg', sizeBytes: 60_000 },
          ...names(chunks.length).map((name, i) => ({ name, sizeBytes: chunks[i] as number })),
        ]
        const stored = total(chunks.map(inSectors))
        const kept =
          room.overheadBytes + (stored * room.sharePpm) / 1e6 + chunks.length * room.chunkExtraBytes
        const disc = parityBytes(files, layoutFor(files, plannedBlockBytes(capacity, percent), percent))
        const sums = checksumParityBytes(total(files.map(({ name }) => 67 + name.length)) + 200)
        const real = [disc, sums].flatMap(({ indexBytes, volumeBytes }) => [indexBytes, volumeBytes])
        expect(total(real.map((size) => inSectors(size) + 256)) + 200).toBeLessThanOrEqual(kept)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    [1e8, 10],
    [736_100_352, 10],
    [24_220_008_448, 10],
    [24_220_008_448, 30],
    [96_882_130_944, 10],
    [123_706_802_176, 1],
  ])('is little more than is needed: a disc of %d bytes at %d %%', (capacity, percent) => {
    const chunk = Math.min(1e9, capacity / 20)
    const room = parityRoom(capacity, percent, 100_000)
    const each = chunk * (1 + room.sharePpm / 1e6) + room.chunkExtraBytes
    const count = Math.floor((capacity - room.overheadBytes) / each)
    const files = names(count).map((name) => ({ name, sizeBytes: chunk }))
    const layout = layoutFor(files, plannedBlockBytes(capacity, percent), percent)
    const { indexBytes, volumeBytes } = parityBytes(files, layout)
    const kept = room.overheadBytes + (count * chunk * room.sharePpm) / 1e6 + count * room.chunkExtraBytes
    expect((kept - indexBytes - volumeBytes) / capacity).toBeLessThan(0.01)
    expect(layout.dataBlocks).toBeLessThan(mostDataBlocks)
    const { recoveryBlocks, dataBlocks } = layout
    expect(recoveryBlocks / (recoveryBlocks + dataBlocks)).toBeGreaterThanOrEqual(percent / 100)
  })
})

test('blocks are whole clusters of a Blu-ray disc, and on a small one of 16 KiB', () => {
  expect(blockBytesFor(5e6, 10)).toBe(16_384)
  expect(blockBytesFor(700e6, 10)).toBe(3 * 65_536)
  expect(blockBytesFor(22e9, 10)).toBe(73 * 65_536)
  expect(blockBytesFor(22e9, 30) % 65_536).toBe(0)
})

test('a disc that is not full gets finer blocks, and none finer than it has room for', () => {
  const files = [{ name: 'chunks/00000001.tar', sizeBytes: 500e6 }]
  const layouts = [...layoutsFor(files, 24_220_008_448, 10)].map(({ blockBytes }) => blockBytes)
  expect(layouts[0]).toBe(2 * 65_536)
  expect(layouts.at(-1)).toBe(plannedBlockBytes(24_220_008_448, 10))
})

test('SHA256SUMS has twice as many recovery blocks as blocks', () => {
  expect(checksumLayout(3000)).toEqual({ blockBytes: 512, dataBlocks: 6, recoveryBlocks: 12 })
  expect(checksumLayout(1e6).dataBlocks).toBeLessThanOrEqual(64)
})
