/** Frames of zstd say how long they are, so a reader can jump over them. */

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { expect, test } from 'vitest'
import { compressor } from '../../src/compress/compress.ts'
import type { PackedStretch } from '../../src/compress/packed-stretch.ts'
import { zstdFramesAt } from '../../src/compress/zstd-frames-at.ts'
import { noise } from '../support/sample-trees.ts'

const framesOf = async (bytes: Buffer): Promise<PackedStretch[]> => {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const frames: PackedStretch[] = []
  for await (const frame of zstdFramesAt({ sizeBytes: bytes.length, read })) frames.push(frame)
  return frames
}

test('a segment that butcher compressed says its size', async () => {
  const { compress, close } = compressor('zstd', 1)
  const text = Buffer.alloc(700_000, 'a text that repeats itself, ')
  const packed = Buffer.from(await compress(text))
  expect(await framesOf(packed)).toMatchObject([{ at: 0, packedBytes: packed.length, plainBytes: 700_000 }])
  await close()
})

test('of a frame without its size, stored blocks give it, and compressed ones a bound', async () => {
  const stored = noise(300_000, 3)
  const text = Buffer.alloc(300_000, 'text ')
  const withoutSize = promisify(zlib.zstdCompress)
  const frames = await framesOf(Buffer.concat([await withoutSize(stored), await withoutSize(text)]))
  expect(frames.map(({ plainBytes }) => plainBytes)).toEqual([300_000, undefined])
  expect(frames[1]?.mostPlainBytes).toBeGreaterThanOrEqual(300_000)
})

test('of a frame with nothing compressed, the content is found without decoding', async () => {
  const { compress, close } = compressor('zstd', 1)
  const content = noise(700_000, 4)
  const packed = Buffer.from(await compress(content))
  const [frame] = await framesOf(packed)
  const { firstAt = 0, blockBytes = 1, headerBytes = 0 } = frame?.asIs ?? {}
  const found: Buffer[] = []
  for (let at = firstAt, left = content.length; left > 0; at += blockBytes + headerBytes) {
    found.push(packed.subarray(at, at + Math.min(left, blockBytes)))
    left -= blockBytes
  }
  expect(Buffer.concat(found).equals(content)).toBe(true)
  await close()
})

test('a frame with one compressed block is decoded', async () => {
  const content = Buffer.concat([noise(300_000, 5), Buffer.alloc(200_000, 'text ')])
  const [frame] = await framesOf(await promisify(zlib.zstdCompress)(content))
  expect(frame?.asIs).toBeUndefined()
})
