/** Decompresses one stretch of compressed data. */

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { ButcherError, systemText } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import type { BytesAt } from '../media/bytes-at.ts'
import { bzip2Blocks } from './bzip2-blocks.ts'
import { decompress } from './decompress.ts'
import type { PackedStretch } from './packed-stretch.ts'

/** butcher's stretches have at most 15 MB. Larger ones would not fit the memory of a mount. */
const mostPackedBytes = 64 << 20
/** Eight blocks of bzip2 that hold repeated bytes. */
const mostPlainBytesOfAll = 400 << 20

/**
 * Memory for packed bytes is used again: V8 collects all garbage each time that so many megabytes were taken.
 */
const rooms: Buffer[] = []
const mostRooms = 4
const roomBytes = 4 << 20

type Unpack = (bytes: Uint8Array, options: { chunkSize: number; maxOutputLength: number }) => Promise<Buffer>
const gunzip = promisify(zlib.gunzip) as Unpack
const unzstd = promisify(zlib.zstdDecompress) as Unpack

/** Throws `damaged` if the stretch is damaged, too long, or of another size than it says. */
export async function decodeStretch(
  packed: BytesAt,
  { at, packedBytes, plainBytes, mostPlainBytes }: PackedStretch,
  compression: Compression,
  threads: number,
): Promise<Buffer> {
  if (packedBytes > mostPackedBytes || (plainBytes ?? 0) > mostPlainBytesOfAll) {
    throw damaged('a part of it is too long to be read by itself')
  }
  const room = rooms.pop() ?? Buffer.allocUnsafeSlow(roomBytes)
  try {
    const bytes = await packed.read(at, packedBytes, compression === 'none' ? undefined : room)
    if (bytes.length < packedBytes) throw damaged('it is cut short')
    const plain = await unpack(bytes, compression, { plainBytes, mostPlainBytes }, threads)
    if (plainBytes !== undefined && plain.length !== plainBytes)
      throw damaged('it has another size than it says')
    return plain
  } finally {
    if (rooms.length < mostRooms) rooms.push(room)
  }
}

type Sizes = Pick<PackedStretch, 'plainBytes' | 'mostPlainBytes'>

/** The blocks of a hostile frame may hold far less than they could. */
const mostInOnePiece = 32 << 20

async function unpack(
  bytes: Buffer,
  compression: Compression,
  sizes: Sizes,
  threads: number,
): Promise<Buffer> {
  switch (compression) {
    case 'none':
      return bytes
    case 'gz':
      return inOneCall(gunzip, bytes, sizes)
    case 'zstd':
      return inOneCall(unzstd, bytes, sizes)
    case 'xz':
      return throughStream(one(bytes), compression, threads)
    case 'bz2':
      return throughStream(blocksOf(bytes), compression, threads)
  }
}

/**
 * In a thread of Node's pool. An output buffer of the right size saves a copy; one that is full to the last
 * byte would get a second one.
 */
async function inOneCall(
  unpackOne: Unpack,
  bytes: Buffer,
  { plainBytes, mostPlainBytes = 1 << 20 }: Sizes,
): Promise<Buffer> {
  const chunkSize = 64 + (plainBytes ?? Math.min(mostPlainBytes, mostInOnePiece))
  try {
    const plain = await unpackOne(bytes, { chunkSize, maxOutputLength: plainBytes ?? mostPlainBytesOfAll })
    // A small part would keep the whole buffer.
    return plain.length * 2 < chunkSize ? Buffer.from(plain) : plain
  } catch (error) {
    throw new ButcherError('damaged', `the compressed data is damaged: ${systemText(error)}`, {
      cause: error,
    })
  }
}

async function throughStream(
  bytes: AsyncIterable<Uint8Array>,
  compression: Compression,
  threads: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of decompress(bytes, compression, threads)) {
    pieces.push(piece)
    length += piece.length
    if (length > mostPlainBytesOfAll) throw damaged('a part of it is too long to be read by itself')
  }
  return Buffer.concat(pieces, length)
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* blocksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield* bzip2Blocks(bytes)
}

const damaged = (why: string): ButcherError =>
  new ButcherError('damaged', `the compressed data is damaged: ${why}`)
