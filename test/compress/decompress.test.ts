import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { decodeBzip2 } from '../../src/compress/decode-bzip2.ts'
import { decompress } from '../../src/compress/decompress.ts'
import type { Compression } from '../../src/format/layout.ts'
import { compress } from '../support/make-set.ts'
import { noise } from '../support/sample-trees.ts'

const text = Buffer.concat([
  Buffer.from('all work and no play '.repeat(20_000)),
  noise(50_000, 3),
  Buffer.alloc(1_200_000),
])
const kinds: readonly Compression[] = ['none', 'bz2', 'gz', 'zstd', 'xz']
const path = process.env['PATH'] as string

afterEach(() => {
  process.env['PATH'] = path
})

async function* pieces(data: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += pieceBytes) yield data.subarray(at, at + pieceBytes)
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of bytes) all.push(piece)
  return Buffer.concat(all)
}

/** Zombies and children of this process. */
const children = (): string =>
  execFileSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' })

describe.each(kinds)('%s', (kind) => {
  test('one stream', async () => {
    const stored = compress(text, kind, text.length)
    expect((await collect(decompress(pieces(stored, 10_000), kind))).equals(text)).toBe(true)
  })

  test('several streams end to end, whatever the pieces they come in', async () => {
    const stored = compress(text, kind, 300_000)
    for (const pieceBytes of [7, 1021, 1 << 20]) {
      if (pieceBytes === 7 && stored.length > 200_000) continue
      expect((await collect(decompress(pieces(stored, pieceBytes), kind, 2))).equals(text)).toBe(true)
    }
  })

  test('nothing in it', async () => {
    expect(await collect(decompress(pieces(compress(Buffer.alloc(0), kind, 1), 100), kind))).toHaveLength(0)
  })

  test('a reader that stops early leaves nothing behind', async () => {
    let closed = false
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      const stored = compress(text, kind, text.length)
      try {
        for (;;) yield stored
      } finally {
        closed = true
      }
    }
    for await (const piece of decompress(endless(), kind)) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(true)
    expect(children()).not.toMatch(/bzip2|xz/)
  })

  test('damage and a cut are told', async () => {
    if (kind === 'none') return // nothing in it could tell
    const stored = compress(text, kind, text.length)
    const flipped = Buffer.from(stored)
    flipped.fill(0x55, stored.length >> 1, (stored.length >> 1) + 50)
    const damaged = expect.objectContaining({ code: 'damaged' })
    await expect(collect(decompress(pieces(flipped, 5000), kind))).rejects.toThrow(damaged)
    await expect(collect(decompress(pieces(stored.subarray(0, -9), 5000), kind))).rejects.toThrow(damaged)
    await expect(collect(decompress(pieces(Buffer.from('no such data at all'), 5000), kind))).rejects.toThrow(
      damaged,
    )
  })

  test('trouble with the input comes through as it is', async () => {
    const stored = compress(text, kind, text.length)
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield stored.subarray(0, 1000)
      throw new Error('the drive is gone')
    }
    const error = await collect(decompress(broken(), kind)).catch((cause: unknown) => cause)
    expect(JSON.stringify([String(error), String((error as Error).cause)])).toContain('the drive is gone')
  })
})

test('bzip2 without lbzip2, and without bzip2', async () => {
  const stored = compress(text, 'bz2', 400_000)
  const folder = fs.mkdtempSync('/tmp/decompress-')
  fs.symlinkSync('/bin/bzip2', `${folder}/bzip2`)
  process.env['PATH'] = folder
  expect((await collect(decompress(pieces(stored, 3000), 'bz2'))).equals(text)).toBe(true)
  fs.rmSync(folder, { recursive: true })
  process.env['PATH'] = ''
  expect((await collect(decompress(pieces(stored, 3000), 'bz2'))).equals(text)).toBe(true)
})

test('xz without xz names the package', () => {
  process.env['PATH'] = ''
  expect(() => decompress(pieces(text, 10), 'xz')).toThrow(
    expect.objectContaining({ code: 'program', hint: expect.stringContaining('xz-utils') }),
  )
})

describe('the bzip2 decoder in JavaScript', () => {
  test('gives out block by block, however little input that takes', async () => {
    const stored = compress(Buffer.alloc(30_000_000), 'bz2', 30_000_000)
    let most = 0
    let sum = 0
    for await (const piece of decodeBzip2(pieces(stored, 1 << 20))) {
      most = Math.max(most, piece.length)
      sum += piece.length
    }
    expect(sum).toBe(30_000_000)
    expect(most).toBeLessThan(60_000_000)
  })

  test('tells damage and a cut', async () => {
    const stored = compress(text, 'bz2', 400_000)
    const flipped = Buffer.from(stored)
    flipped.fill(0x55, stored.length >> 1, (stored.length >> 1) + 50)
    const damaged = expect.objectContaining({ code: 'damaged' })
    await expect(collect(decodeBzip2(pieces(flipped, 5000)))).rejects.toThrow(damaged)
    await expect(collect(decodeBzip2(pieces(stored.subarray(0, -9), 5000)))).rejects.toThrow(damaged)
    await expect(collect(decodeBzip2(pieces(Buffer.alloc(0), 1)))).rejects.toThrow(damaged)
  })
})
