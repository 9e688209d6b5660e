import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { compressor, segmentBytes } from '../../src/compress/compress.ts'
import { PackedSegments } from '../../src/compress/packed-segments.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'packed-segments-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** Two segments and a half, which compress in no time. */
const plain = Buffer.alloc(segmentBytes * 2.5)
for (let at = 0; at < plain.length; at += 10_000) plain.writeUInt32LE(at, at)
const segments = [0, 1, 2].map((i) => plain.subarray(i * segmentBytes, (i + 1) * segmentBytes))
let streams: Uint8Array[]
beforeAll(async () => {
  const bzip2 = compressor('bz2', 2)
  streams = await Promise.all(segments.map((segment) => bzip2.compress(segment)))
  await bzip2.close()
})

/** In pieces of `pieceBytes`, so that the beginning of a stream may be cut anywhere. */
async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

let files = 0
const newSegments = (): PackedSegments => new PackedSegments(path.join(folder, `packed-${++files}`))

async function unpacked(
  into: PackedSegments,
  packed: Uint8Array,
  { pieceBytes = 1 << 20, parallelism = 2 } = {},
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of into.unpack(inPieces(packed, pieceBytes), parallelism))
    pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

test.each([
  { pieceBytes: 7, parallelism: 1 },
  { pieceBytes: 1000, parallelism: 2 },
  { pieceBytes: 1 << 20, parallelism: 8 },
])('segments come out, and are known afterwards: %o', async (how) => {
  const packed = newSegments()
  expect((await unpacked(packed, Buffer.concat(streams), how)).equals(plain)).toBe(true)
  for (const [i, segment] of segments.entries())
    expect(packed.find(segment)).toEqual(Buffer.from(streams[i] as Uint8Array))
  const changed = Buffer.from(segments[1] as Buffer)
  changed[5] = 1
  expect(packed.find(changed)).toBeUndefined()
})

test('of streams that another program made only those are known that hold a whole segment', async () => {
  const bzip2 = (data: Uint8Array): Buffer => execFileSync('bzip2', ['-9'], { input: data })
  const cut = segmentBytes / 2
  const packed = newSegments()
  const others = [
    plain.subarray(0, cut),
    plain.subarray(cut, segmentBytes),
    plain.subarray(segmentBytes),
  ].map(bzip2)
  expect((await unpacked(packed, Buffer.concat(others))).equals(plain)).toBe(true)
  for (const segment of segments) expect(packed.find(segment)).toBeUndefined()
})

longTest('a stream that is too long to be a segment’s comes out all the same', async () => {
  const noise = Buffer.alloc(segmentBytes * 1.1)
  for (let at = 0, x = 1; at < noise.length; at += 4) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
    noise.writeUInt32LE((x ^ (x >>> 13)) >>> 0, at)
  }
  const packed = newSegments()
  const long = execFileSync('bzip2', ['-9'], { input: noise, maxBuffer: 1e8 })
  const own = streams[0] as Uint8Array
  const whole = await unpacked(packed, Buffer.concat([own, long]))
  expect(whole.equals(Buffer.concat([segments[0] as Buffer, noise]))).toBe(true)
  expect(packed.find(segments[0] as Buffer)).toBeDefined()
})

test('what is damaged is told, and a reader may stop', async () => {
  const damaged = Buffer.concat(streams)
  damaged[(streams[0] as Uint8Array).length + 60]! ^= 1
  await expect(unpacked(newSegments(), damaged)).rejects.toMatchObject({ code: 'damaged' })
  for await (const piece of newSegments().unpack(inPieces(Buffer.concat(streams), 1000), 2)) {
    expect(piece.length).toBeGreaterThan(0)
    break
  }
})
