import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { assemble } from '../../scripts/build-wasm.ts'
import { createSet } from '../../src/parity/create-set.ts'
import { blockLogs, factorOf } from '../../src/parity/galois.ts'
import { gf16Module } from '../../src/parity/gf16-module.ts'
import { parityBytes } from '../../src/parity/plan.ts'
import { loadKernel } from '../../src/parity/recovery-share.ts'
import { noise } from '../support/sample-trees.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'create-set-'))
afterAll(() => fs.rmSync(root, { recursive: true }))
const data = path.join(root, 'data')
const made = path.join(root, 'made')
const other = path.join(root, 'other')
beforeEach(() => {
  for (const folder of [data, made, other]) {
    fs.rmSync(folder, { recursive: true, force: true })
    fs.mkdirSync(folder)
  }
})

const par2 = (...words: readonly string[]): ReturnType<typeof spawnSync> => {
  const run = spawnSync('par2', words, { encoding: 'utf8' })
  if (run.error) throw new Error('the program par2 is missing: install the package par2')
  return run
}

/** The creator of Debian's par2. */
const creator = 'Created by par2cmdline version 0.8.1.'

test('the module is made of its source', async () => {
  expect(gf16Module).toBe(await assemble('parity/gf16'))
})

test('the products are those of GF(2^16)', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const { split, join, addProduct } = loadKernel(memory)
  const words = new Uint16Array(memory.buffer, 64, 32)
  const sums = new Uint16Array(memory.buffer, 1024, 32)
  words.set(Array.from({ length: 32 }, (_, i) => (i * 40_503 + 1) & 0xffff))
  const expected = [...words].map((word) => product(word, 0xabcd) ^ product(word, 3))
  split(64, 0, 64)
  addProduct(0, 1024, 64, 0xabcd)
  addProduct(0, 1024, 64, 3)
  join(1024, 64)
  expect([...sums]).toEqual(expected)
})

/** Bit by bit. */
function product(a: number, b: number): number {
  let sum = 0
  for (let i = 0; i < 16; i++) if ((b >> i) & 1) sum ^= a << i
  for (let i = 31; i >= 16; i--) if ((sum >>> i) & 1) sum ^= 0x1100b << (i - 16)
  return sum & 0xffff
}

test('the constants are those of the specification', () => {
  // Its table: 2, 4, 16, 128, 256, 2048, 8192, 16384, 4107, 32856, ...
  const constants = [...blockLogs(10)].map((log) => factorOf(log, 1))
  expect(constants).toEqual([2, 4, 16, 128, 256, 2048, 8192, 16384, 4107, 32_856])
})

interface Layout {
  readonly sizes: readonly number[]
  readonly blockBytes: number
  readonly recoveryBlocks: number
  readonly memoryBytes?: number
}

const layouts: readonly (readonly [string, Layout])[] = [
  ['one byte', { sizes: [1], blockBytes: 4, recoveryBlocks: 1 }],
  ['blocks of odd sizes', { sizes: [5000, 17, 4096], blockBytes: 516, recoveryBlocks: 20 }],
  ['a file that ends with a block', { sizes: [65_536, 32_768], blockBytes: 16_384, recoveryBlocks: 3 }],
  [
    'many files',
    { sizes: Array.from({ length: 70 }, (_, i) => 1 + i * 97), blockBytes: 1024, recoveryBlocks: 9 },
  ],
  [
    'several groups and stripes',
    { sizes: [5_000_001], blockBytes: 196_608, recoveryBlocks: 40, memoryBytes: 1 },
  ],
  [
    'threads',
    { sizes: [10_000_001, 500_000], blockBytes: 131_072, recoveryBlocks: 200, memoryBytes: 16 << 20 },
  ],
]

describe('the files are those of par2, but for the creator', () => {
  test.each(layouts)('%s', async (_, { sizes, blockBytes, recoveryBlocks, ...memory }) => {
    const names = sizes.map((size, i) => {
      fs.writeFileSync(path.join(data, `file-${i}`), noise(size, i + 1))
      return `file-${i}`
    })
    const shares: number[] = []
    await createSet(
      path.join(made, 'disc.par2'),
      data,
      names,
      { blockBytes, recoveryBlocks },
      { jobs: 2, creator, ...memory, onShare: (share) => shares.push(share) },
    )
    expect(shares.at(-1)).toBe(1)
    const words = [`-s${blockBytes}`, `-c${recoveryBlocks}`, '-n1', `-B${data}`]
    par2('create', '-q', ...words, path.join(other, 'disc.par2'), ...names.map((n) => path.join(data, n)))
    expect(fs.readdirSync(made)).toEqual(fs.readdirSync(other))
    for (const name of fs.readdirSync(made)) {
      const [is, expected] = [made, other].map((folder) => fs.readFileSync(path.join(folder, name)))
      expect(is?.equals(expected as Buffer)).toBe(true)
    }
    const planned = parityBytes(
      names.map((name, i) => ({ name, sizeBytes: sizes[i] as number })),
      { blockBytes, recoveryBlocks },
    )
    const sizesMade = fs.readdirSync(made).map((name) => fs.statSync(path.join(made, name)).size)
    expect(sizesMade[0]).toBeLessThanOrEqual(planned.indexBytes)
    expect(sizesMade[1]).toBeLessThanOrEqual(planned.volumeBytes)
  })
})

test('par2 verifies, and repairs as much as there are recovery blocks', async () => {
  fs.writeFileSync(path.join(data, 'one'), noise(400_000, 1))
  fs.writeFileSync(path.join(data, 'two'), noise(100_001, 2))
  const layout = { blockBytes: 16_384, recoveryBlocks: 5 }
  await createSet(path.join(data, 'set.par2'), data, ['one', 'two'], layout, { jobs: 1 })
  const set = path.join(data, 'set.par2')
  expect(par2('verify', '-q', set).status).toBe(0)
  const damaged = fs.readFileSync(path.join(data, 'one'))
  damaged.fill(0x55, 10_000, 10_000 + 4 * 16_384)
  fs.writeFileSync(path.join(data, 'one'), damaged)
  expect(par2('repair', '-q', set).status).toBe(0)
  expect(fs.readFileSync(path.join(data, 'one')).equals(noise(400_000, 1))).toBe(true)
})

test('a file that is missing, and a stop, leave nothing', async () => {
  fs.writeFileSync(path.join(data, 'one'), noise(100_000, 1))
  const layout = { blockBytes: 16_384, recoveryBlocks: 5 }
  const set = path.join(made, 'set.par2')
  await expect(createSet(set, data, ['one', 'none'], layout, { jobs: 1 })).rejects.toThrow(
    'cannot read ' + path.join(data, 'none'),
  )
  const signal = AbortSignal.abort()
  await expect(createSet(set, data, ['one'], layout, { jobs: 1, signal })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(fs.readdirSync(made)).toEqual([])
})
