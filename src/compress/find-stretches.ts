/**
 * Finds the stretches of compressed data that can be decompressed by themselves: frames of zstd, members of
 * gzip, streams of xz, blocks of bzip2. Nothing is decompressed for that.
 */

import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import type { BytesAt } from '../media/bytes-at.ts'
import { blockMagic, findBits, magicBits } from './bzip2-blocks.ts'
import type { PackedStretch } from './packed-stretch.ts'
import { zstdFramesAt } from './zstd-frames-at.ts'

/** Of data that is not compressed. */
export const plainStretchBytes = 1 << 20
const pieceBytes = 1 << 20

/** The stretches in order. Throws `damaged` where the data is not of this kind. */
export function findStretches(packed: BytesAt, compression: Compression): AsyncIterable<PackedStretch> {
  switch (compression) {
    case 'none':
      return equalStretches(packed)
    case 'zstd':
      return zstdFramesAt(packed)
    case 'gz':
      return streams(packed, gzipHead, gzipSize, 1)
    case 'xz':
      // xz is a program: starting it for each stream of 3.6 MB would take as long as the work itself.
      return streams(packed, xzHead, xzSize, 4)
    case 'bz2':
      return bzip2Groups(packed)
  }
}

async function* equalStretches({ sizeBytes }: BytesAt): AsyncGenerator<PackedStretch> {
  for (let at = 0; at < sizeBytes; at += plainStretchBytes) {
    const bytes = Math.min(plainStretchBytes, sizeBytes - at)
    yield { at, packedBytes: bytes, plainBytes: bytes }
  }
}

/** Deflate, no name, no time (RFC 1952, 2.3): the heads that zlib writes. */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
const xzHead = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])

type SizeOf = (packed: BytesAt, at: number, end: number) => Promise<number>

/** Streams end to end, each with `head`, `group` of them in a stretch. */
async function* streams(
  packed: BytesAt,
  head: Buffer,
  sizeOf: SizeOf,
  group: number,
): AsyncGenerator<PackedStretch> {
  if (!(await packed.read(0, head.length)).equals(head)) throw damaged('it begins with other data')
  let [at, begun, inGroup, plainBytes] = [0, 0, 0, 0]
  for await (const next of positions(packed, head)) {
    if (next === 0) continue
    plainBytes += await sizeOf(packed, begun, next)
    begun = next
    if (++inGroup < group && next < packed.sizeBytes) continue
    yield { at, packedBytes: next - at, plainBytes }
    ;[at, inGroup, plainBytes] = [next, 0, 0]
  }
}

/** Where `head` stands, and at last the end. */
async function* positions(packed: BytesAt, head: Buffer): AsyncGenerator<number> {
  for (let from = 0; from < packed.sizeBytes; from += pieceBytes) {
    const piece = await packed.read(from, pieceBytes + head.length - 1)
    for (let at = piece.indexOf(head); at >= 0; at = piece.indexOf(head, at + 1)) yield from + at
  }
  yield packed.sizeBytes
}

/** ISIZE, the last four bytes of a member. */
const gzipSize: SizeOf = async (packed, _, end) => {
  const bytes = await packed.read(end - 4, 4)
  if (bytes.length < 4) throw damaged('it is cut short')
  return bytes.readUInt32LE(0)
}

const xzFooterBytes = 12
const mostIndexBytes = 1 << 20

/** The sum of the sizes in the index, which the footer points to (xz file format, 2.1.2 and 4). */
const xzSize: SizeOf = async (packed, at, end) => {
  const footer = await packed.read(end - xzFooterBytes, xzFooterBytes)
  if (footer.length < xzFooterBytes || footer.toString('latin1', 10) !== 'YZ') {
    throw damaged('a stream of it has no end')
  }
  const indexBytes = (footer.readUInt32LE(4) + 1) * 4
  if (indexBytes > mostIndexBytes || end - xzFooterBytes - indexBytes < at) throw damaged('an index is wrong')
  const index = await packed.read(end - xzFooterBytes - indexBytes, indexBytes)
  let next = 1
  const number = (): number => {
    let value = 0
    for (let shift = 1; next < index.length; shift *= 128) {
      const byte = index[next++] as number
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
    throw damaged('an index is wrong')
  }
  let plainBytes = 0
  for (let left = number(); left > 0; left--) {
    number()
    plainBytes += number()
  }
  return plainBytes
}

/** Blocks of 900 kB: some 7 MB, so that several cores decompress a stretch in parallel. */
const groupBlocks = 8
/** So short a block may hold up to 46 MB of repeated bytes, so it is a stretch by itself. */
const shortBlockBits = 64 * 1024 * 8

async function* bzip2Groups(packed: BytesAt): AsyncGenerator<PackedStretch> {
  let begun: number | undefined
  let [last, blocks] = [0, 0]
  for await (const bit of blockStarts(packed)) {
    if (begun === undefined) {
      begun = last = bit
      continue
    }
    blocks++
    const isShort = bit - last < shortBlockBits
    last = bit
    if (blocks < groupBlocks && !isShort) continue
    yield groupOf(begun, bit + magicBits)
    ;[begun, blocks] = [bit, 0]
  }
  if (begun === undefined) throw damaged('it has no blocks')
  yield groupOf(begun, packed.sizeBytes * 8)
}

/** With the magic of the next block, which tells where the last one ends. */
const groupOf = (begin: number, end: number): PackedStretch => {
  const at = Math.floor(begin / 8)
  return { at, packedBytes: Math.ceil(end / 8) - at, plainBytes: undefined }
}

async function* blockStarts(packed: BytesAt): AsyncGenerator<number> {
  const overlap = magicBits / 8
  let known = -1
  for (let from = 0; from < packed.sizeBytes; from += pieceBytes) {
    const piece = await packed.read(from, pieceBytes + overlap)
    for (const bit of findBits(piece, blockMagic)) {
      const at = from * 8 + bit
      if (at <= known) continue
      known = at
      yield at
    }
  }
}

const damaged = (why: string): ButcherError =>
  new ButcherError('damaged', `the compressed data is damaged: ${why}`)
