import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encryptionOverhead } from '../../src/crypto/encrypt.ts'
import { chunkBound, toSectors } from '../../src/pack/chunk-bound.ts'
import type { Placed, Planned } from '../../src/pack/planned.ts'
import { Scheduler } from '../../src/pack/scheduler.ts'
import { takesAllRows } from '../support/rows.ts'

interface File {
  readonly size: number
  /** What its content compresses to, of 1; undefined where it goes uncompressed. */
  readonly ratio: number | undefined
}

interface Layout {
  readonly room: number
  readonly chunkBytes: number
  readonly workers: number
  readonly maxDiscs?: number
  readonly discsStaged?: number
  readonly openRoom?: number
}

interface Outcome {
  readonly discs: Map<number, number>
  readonly placed: {
    readonly file: number
    readonly offset: number
    readonly size: number
    readonly part: string
  }[]
  end: string
  readonly chunks: number[]
}

const keys = { passphrase: 'x' }
const extra = 384
const manifestOf = 900

/**
 * Runs the scheduler on files as the pack threads would, with chunks that end in an order that `random`
 * decides.
 */
function run(files: readonly File[], layout: Layout, random: () => number): Outcome {
  const scheduler = new Scheduler<number>({
    chunkBytes: layout.chunkBytes,
    workers: layout.workers,
    bound: chunkBound(keys),
    headBytes: 2000,
    chunkExtraBytes: extra,
    emptyRoomBytes: layout.room,
    openDisc: layout.openRoom === undefined ? undefined : { disc: 1, roomBytes: layout.openRoom },
    nextDisc: layout.openRoom === undefined ? 1 : 2,
    nextChunk: 1,
    maxDiscs: layout.maxDiscs ?? Infinity,
    discsStaged: layout.discsStaged ?? 0,
  })
  const planned = files.map((file, item): Planned<number> => ({
    item,
    compression: file.ratio === undefined ? 'none' : 'bz2',
    bytes: file.size,
    headerBytes: 1536,
    manifestBytes: manifestOf,
    isStructure: false,
  }))
  scheduler.expect(
    files.reduce((sum, { size }) => sum + size, 0),
    files.length,
    0,
  )
  const outcome: Outcome = { discs: new Map(), placed: [], end: '', chunks: [] }
  const inWork: { chunk: number; disc: number; worker: number; bytes: number }[] = []
  const idle = new Set(Array.from({ length: layout.workers }, (_, i) => i))
  let next = 0
  /** Compressed tar of what was placed, before encryption. */
  const store = (placed: readonly Placed<number>[]): number => {
    let bytes = 0
    for (const {
      planned: { item },
      part,
    } of placed) {
      const { size, ratio } = files[item] as File
      const content = part?.size ?? size
      if (outcome.placed.length > 200_000) throw new Error('too many parts')
      outcome.placed.push({
        file: item,
        offset: part?.offset ?? 0,
        size: content,
        part: part ? `${part.part}/${part.parts}` : '1/1',
      })
      bytes += Math.ceil((512 + Math.ceil(content / 512) * 512) * (ratio ?? 1))
    }
    return bytes
  }
  const seal = (): void => {
    const [done] = inWork.splice(Math.floor(random() * inWork.length), 1) as [(typeof inWork)[number]]
    const manifest = 512 + 2048 + 1024
    const plain = done.bytes + manifest
    const file = toSectors(plain + encryptionOverhead(keys, plain) - 200)
    outcome.discs.set(done.disc, (outcome.discs.get(done.disc) ?? 0) + file + extra)
    scheduler.sealed(done.chunk, file)
    idle.add(done.worker)
  }
  for (let steps = 0; ; steps++) {
    if (steps > 1_000_000) throw new Error('no end')
    const decision = scheduler.decide([...idle])
    if (decision.do === 'pull') {
      const item = planned[next++]
      if (item) scheduler.offer(item)
      else scheduler.end(true)
    } else if (decision.do === 'start') {
      idle.delete(decision.worker)
      outcome.chunks.push(decision.chunk)
      let bytes = store(decision.items)
      if (decision.topOff) {
        for (let more = scheduler.more(decision.chunk, bytes, 2000); more.length > 0;) {
          bytes += store(more)
          more = scheduler.more(decision.chunk, bytes, 2000)
        }
      }
      inWork.push({ chunk: decision.chunk, disc: decision.disc, worker: decision.worker, bytes })
    } else if (inWork.length > 0) seal()
    else {
      outcome.end = decision.do
      return outcome
    }
  }
}

/** Every byte of every file once, in parts that are counted right. */
function expectComplete(files: readonly File[], { placed }: Outcome): void {
  const byFile = Map.groupBy(placed, ({ file }) => file)
  files.forEach(({ size }, file) => {
    const parts = (byFile.get(file) ?? []).sort((a, b) => a.offset - b.offset || a.size - b.size)
    let offset = 0
    parts.forEach((part, index) => {
      expect(part.offset).toBe(offset)
      expect(part.part).toBe(`${index + 1}/${parts.length}`)
      offset += part.size
    })
    expect(parts.length).toBeGreaterThan(0)
    expect(offset).toBe(size)
  })
}

function expectFull({ discs }: Outcome, room: number, least: number): void {
  const last = Math.max(...discs.keys())
  for (const [disc, bytes] of discs) {
    expect(bytes).toBeLessThanOrEqual(room)
    expect(bytes).toBeGreaterThan(0)
    expect(disc === last ? 1 : bytes / room).toBeGreaterThanOrEqual(least)
  }
}

const seeded = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return seed / 2 ** 31
}

describe('fill and fit', () => {
  const room = 97_000_000
  const cases: Record<string, readonly File[]> = {
    'photographs that do not compress': Array.from({ length: 60 }, (_, i) => ({
      size: 3_000_000 + i * 91_234,
      ratio: undefined,
    })),
    'files a little smaller than a chunk': Array.from({ length: 30 }, () => ({
      size: 19_900_000,
      ratio: undefined,
    })),
    'files a little larger than a chunk': Array.from({ length: 30 }, () => ({
      size: 20_100_000,
      ratio: undefined,
    })),
    'one file of many discs': [{ size: 1_000_000_000, ratio: undefined }],
    'one file of many discs that compresses': [{ size: 1_500_000_000, ratio: 0.27 }],
    'several files of several discs': Array.from({ length: 4 }, () => ({
      size: 250_000_000,
      ratio: undefined,
    })),
    'many small files that compress': Array.from({ length: 20_000 }, (_, i) => ({
      size: (i * 7919) % 60_000,
      ratio: 0.3,
    })),
    'large files that compress very well': Array.from({ length: 40 }, () => ({
      size: 90_000_000,
      ratio: 0.05,
    })),
    'large files that compress a little': Array.from({ length: 40 }, () => ({
      size: 15_000_000,
      ratio: 0.9,
    })),
    'both kinds': Array.from({ length: 3000 }, (_, i) => ({
      size: (i * 104_729) % 300_000,
      ratio: i % 3 ? 0.4 : undefined,
    })),
    'files larger than a disc among small ones': Array.from({ length: 500 }, (_, i) => ({
      size: i % 100 ? 40_000 : 130_000_000,
      ratio: i % 2 ? 0.5 : undefined,
    })),
  }
  for (const [name, files] of Object.entries(cases)) {
    for (const workers of [1, 2, 4]) {
      test(`${name}, ${workers} workers`, () => {
        const outcome = run(files, { room, chunkBytes: 20_000_000, workers }, seeded(workers))
        expect(outcome.end).toBe('done')
        expectComplete(files, outcome)
        expectFull(outcome, room, 0.993)
      })
    }
  }

  test('chunks larger than the disc become as large as the disc', () => {
    const files = [{ size: 300_000_000, ratio: undefined }]
    const outcome = run(files, { room, chunkBytes: 1e9, workers: 2 }, seeded(7))
    expectComplete(files, outcome)
    expectFull(outcome, room, 0.993)
  })

  test('discs filled exactly are not followed by an empty one', () => {
    const chunk = toSectors(10_000_000)
    const payload = chunk - 40_000
    const files = Array.from({ length: 20 }, () => ({ size: payload, ratio: undefined }))
    const exact = run(files, { room: Infinity, chunkBytes: payload, workers: 1 }, seeded(1))
    const whole = exact.discs.get(1) as number
    const outcome = run(
      files,
      { room: Math.ceil(whole / 4) + 30_000, chunkBytes: payload, workers: 1 },
      seeded(1),
    )
    expect(outcome.discs.size).toBe(4)
  })

  test('a disc that is open is filled first, and one with no room left is passed over', () => {
    const files = Array.from({ length: 10 }, () => ({ size: 5_000_000, ratio: undefined }))
    const open = run(files, { room, chunkBytes: 20_000_000, workers: 2, openRoom: 30_000_000 }, seeded(3))
    expect(open.discs.get(1)).toBeLessThanOrEqual(30_000_000)
    expect(open.discs.get(1)).toBeGreaterThan(29_000_000)
    const full = run(files, { room, chunkBytes: 20_000_000, workers: 2, openRoom: 2000 }, seeded(3))
    expect([...full.discs.keys()]).toEqual([2])
  })

  test('no more discs than allowed', () => {
    const files = Array.from({ length: 100 }, () => ({ size: 5_000_000, ratio: undefined }))
    const outcome = run(files, { room, chunkBytes: 20_000_000, workers: 2, maxDiscs: 2 }, seeded(5))
    expect(outcome.end).toBe('stop')
    expect([...outcome.discs.keys()]).toEqual([1, 2])
    for (const bytes of outcome.discs.values()) expect(bytes / room).toBeGreaterThan(0.993)
  })

  test('discs that are staged already count, and the open one of them is filled', () => {
    const files = Array.from({ length: 100 }, () => ({ size: 5_000_000, ratio: undefined }))
    const layout = { room, chunkBytes: 20_000_000, workers: 2, maxDiscs: 1, discsStaged: 1 }
    const open = run(files, { ...layout, openRoom: 30_000_000 }, seeded(5))
    expect([open.end, [...open.discs.keys()]]).toEqual(['stop', [1]])
    const full = run(files, { ...layout, openRoom: 2000 }, seeded(5))
    expect([full.end, [...full.discs.keys()]]).toEqual(['stop', []])
    const sealed = run(files, layout, seeded(5))
    expect([sealed.end, [...sealed.discs.keys()]]).toEqual(['stop', []])
  })

  test('a small disc takes the many last parts of a file that compresses', () => {
    for (const small of [80_000, 110_000, 150_000, 250_000]) {
      const files = [{ size: 200_000, ratio: 0.01 }]
      const outcome = run(files, { room: small, chunkBytes: 80_000, workers: 2 }, seeded(2))
      expect(outcome.end).toBe('done')
      expectComplete(files, outcome)
    }
  })

  test('a disc too small for anything is told', () => {
    const outcome = run(
      [{ size: 100_000, ratio: undefined }],
      { room: 3000, chunkBytes: 1e6, workers: 1 },
      seeded(1),
    )
    expect(outcome.end).toBe('impossible')
  })
})

test('property: never over capacity, every byte once, full while there is more', () => {
  const file = fc.record({
    size: fc.oneof(
      fc.nat(2_000),
      fc.nat(300_000),
      fc.integer({ min: 300_000, max: 8_000_000 }),
      fc.constant(40_000_000),
    ),
    ratio: fc.oneof(fc.constant(undefined), fc.double({ min: 0.15, max: 1.004, noNaN: true })),
  })
  const layout = fc.record({
    room: fc.integer({ min: 10_000_000, max: 60_000_000 }),
    chunkBytes: fc.integer({ min: 1_000_000, max: 20_000_000 }),
    workers: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(
      fc.array(file, { minLength: 1, maxLength: 120 }),
      layout,
      fc.nat(1e9),
      (files, shape, seed) => {
        const outcome = run(files, shape, seeded(seed))
        expect(outcome.end).toBe('done')
        expectComplete(files, outcome)
        expectFull(outcome, shape.room, 0.96)
        expect(new Set(outcome.chunks).size).toBe(outcome.chunks.length)
      },
    ),
    { numRuns: takesAllRows ? 300 : 100, seed: 20_261_120 },
  )
})
