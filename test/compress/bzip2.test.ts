import { spawnSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { hashBzip2Source } from '../../scripts/build-bzip2.ts'
import { openEncoder } from '../../src/compress/bzip2-encoder.ts'
import { bzip2Bytes, bzip2Source } from '../../src/compress/bzip2-module.ts'
import { bzip2Threads } from '../../src/compress/bzip2-threads.ts'
import { segmentBytes } from '../../src/compress/compress.ts'
import { rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'

const threads = bzip2Threads(2)
afterAll(threads.close)
const encode = openEncoder(new WebAssembly.Module(new Uint8Array(bzip2Bytes())))

/** Each reads bzip2 from standard input. */
const readers: readonly (readonly [name: string, aptPackage: string, ...words: string[]])[] = [
  ['bzip2', 'bzip2', '-dc'],
  ['lbzip2', 'lbzip2', '-dc'],
  [
    'python3',
    'python3',
    '-c',
    'import bz2, sys; sys.stdout.buffer.write(bz2.decompress(sys.stdin.buffer.read()))',
  ],
]

function read(stored: Uint8Array, [name, aptPackage, ...words]: (typeof readers)[number]): Buffer {
  const run = spawnSync(name, words, { input: stored, maxBuffer: 1e9 })
  if (run.error) throw new Error(`the program ${name} is missing: install the package ${aptPackage}`)
  if (run.status !== 0) throw new Error(`${name}: ${run.stderr}`)
  return run.stdout
}

/** Bytes of a few values, in runs of up to `longest`. Repeatable. */
function runs(bytes: number, values: number, longest: number, seed: number): Buffer {
  const random = noise(2 * bytes, seed)
  const made = Buffer.alloc(bytes)
  for (let at = 0, i = 0; at < bytes; i += 2) {
    const length = Math.min(bytes - at, 1 + (random.readUInt8(i) % longest))
    made.fill(random.readUInt8(i + 1) % values, at, at + length)
    at += length
  }
  return made
}

const sawtooth = (bytes: number, period: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => Math.floor((((i % period) + 1) * 255) / period)))

const repeated = (part: Buffer, bytes: number): Buffer => Buffer.alloc(bytes, part)

/** A block ends before, in and after a run. `before` bytes without runs come first. */
const runAt = (before: number, run: number): Buffer =>
  Buffer.concat([sawtooth(before, 200), Buffer.alloc(run, 7), noise(20, 5)])

const inputs: readonly (readonly [name: string, input: Buffer])[] = [
  ['one byte', Buffer.from('a')],
  ['two bytes', Buffer.from('ba')],
  ['the same byte', Buffer.alloc(segmentBytes)],
  ['all values in order', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['periodic', repeated(Buffer.from('ab'), 1_000_000)],
  ['periodic, with a long period', repeated(noise(70_001, 3), 1_000_000)],
  ['nearly periodic', Buffer.concat([repeated(Buffer.from('abcab'), 900_000), Buffer.from('x')])],
  ['falling and rising', sawtooth(300_000, 1000)],
  ['runs of two values', runs(500_000, 2, 260, 4)],
  ['runs of four', runs(1_000_000, 256, 4, 5)],
  ...[899_999, 900_000, 900_001].map((bytes) => [`${bytes} bytes`, noise(bytes, bytes)] as const),
  ...[899_995, 899_997].flatMap((before) =>
    [3, 4, 259, 600].map((run) => [`a run of ${run} after ${before}`, runAt(before, run)] as const),
  ),
]

test('the module says its sources and its flags', () => {
  expect(bzip2Source).toBe(hashBzip2Source())
})

test('nothing', () => {
  for (const reader of readers) expect(read(encode(Buffer.alloc(0)), reader)).toHaveLength(0)
})

/** Concatenated streams are one file, so each program starts once. */
const used = rows(inputs, [0, 1, 3, 4, 6, 8, 11, 14, 17])
const storedAll = Buffer.concat(used.map(([, input]) => encode(input)))

test.each(readers.map((reader) => [reader[0], reader] as const))(
  '%s reads every kind of input',
  (_, reader) => {
    const back = read(storedAll, reader)
    let at = 0
    const wrong = used.filter(([, input]) => !back.subarray(at, (at += input.length)).equals(input))
    expect(wrong.map(([name]) => name)).toEqual([])
    expect(back).toHaveLength(at)
  },
)

test('small inputs of all kinds', () => {
  const small = Array.from({ length: 3000 }, (_, seed) => {
    const bytes = 1 + ((seed * 7919) % 300)
    if (seed % 3 === 0) return runs(bytes, 1 + (seed % 5), 1 + (seed % 9), seed)
    return seed % 3 === 1 ? repeated(noise(1 + (seed % 11), seed), bytes) : noise(bytes, seed)
  })
  const stored = Buffer.concat(small.map((input) => encode(input)))
  expect(read(stored, ['bzip2', 'bzip2', '-dc']).equals(Buffer.concat(small))).toBe(true)
})

test('a text takes as many bytes as with bzip2, within 1 %', () => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${i ** 2 % 9973} lines\n`).join(''))
  const run = spawnSync('bzip2', ['-9c'], { input: text })
  expect(encode(text).length).toBeLessThan(run.stdout.length * 1.01)
})

test('threads work side by side, and answer in order', async () => {
  const segments = Array.from({ length: 4 }, (_, i) => noise(10_000, i))
  const stored = await Promise.all(segments.map((segment) => threads.compress(segment)))
  expect(read(Buffer.concat(stored), ['bzip2', 'bzip2', '-dc']).equals(Buffer.concat(segments))).toBe(true)
})

test('a segment that is too long is refused', () => {
  expect(() => encode(Buffer.alloc(segmentBytes + 1))).toThrow('a segment')
})
