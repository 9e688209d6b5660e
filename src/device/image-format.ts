/** The forms of a raw image, by the ending of its name, and how its pieces are put together. */

import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import { deflatePiece, sumPastZeros } from './deflate-piece.ts'
import { type DevicePiece, pieceBytes } from './device-pieces.ts'

export type ImageFormat = 'raw' | 'gzip' | 'zstd' | 'xz'

/** Throws `usage` for another ending. */
export function imageFormat(file: string): ImageFormat {
  const ending = /\.img(\.gz|\.zst|\.xz)?$/i.exec(file)
  if (!ending) {
    throw new ButcherError('usage', `${file} does not end with .img, .img.gz, .img.zst or .img.xz`, {
      hint: 'the ending chooses the compression',
    })
  }
  const formats = { '.gz': 'gzip', '.zst': 'zstd', '.xz': 'xz' } as const
  return formats[ending[1]?.toLowerCase() as keyof typeof formats] ?? 'raw'
}

const zstdLevel = 1

/** A piece of an image, compressed by itself: every piece can be read alone. In memory of its own. */
export function packPiece(format: 'gzip' | 'zstd', piece: Uint8Array): Uint8Array<ArrayBuffer> {
  if (format === 'gzip') return deflatePiece(piece)
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = zlib.constants
  return new Uint8Array(zlib.zstdCompressSync(piece, { params: { [level]: zstdLevel, [checksum]: 1 } }))
}

/** Puts packed pieces into one file. */
export interface Frame {
  readonly head: Uint8Array
  /** Takes each piece in order, before and after packing. */
  readonly note: (piece: Pick<DevicePiece, 'bytes' | 'isZero'>, packedBytes: number) => void
  readonly tail: () => Uint8Array
}

/** One gzip member (RFC 1952) over all pieces: `gzip -l` tells its size rightly, up to 4 GiB. */
export function gzipFrame(): Frame {
  let sum = 0
  let size = 0
  let pastZeros: ReturnType<typeof sumPastZeros> | undefined
  return {
    head: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]),
    note: ({ bytes, isZero }) => {
      size += bytes.length
      if (!isZero || bytes.length < pieceBytes) sum = zlib.crc32(bytes, sum)
      else sum = (pastZeros ??= sumPastZeros(Math.log2(pieceBytes)))(sum)
    },
    tail: () => {
      const tail = Buffer.alloc(10)
      tail[0] = 3 // an empty last block
      tail.writeUInt32LE(sum >>> 0, 2)
      tail.writeUInt32LE(size % 2 ** 32, 6)
      return tail
    },
  }
}

/** A zstd frame for each piece, and a table of them at the end, as zstd's seekable format has it. */
export function zstdFrame(): Frame {
  const sizes: { packed: number; plain: number }[] = []
  return {
    head: new Uint8Array(0),
    note: ({ bytes }, packedBytes) => sizes.push({ packed: packedBytes, plain: bytes.length }),
    tail: () => seekTable(sizes),
  }
}

/** zstd, contrib/seekable_format: a frame that decoders skip, with two sizes for each frame. */
function seekTable(sizes: readonly { packed: number; plain: number }[]): Uint8Array {
  const table = Buffer.alloc(8 + sizes.length * 8 + 9)
  table.writeUInt32LE(0x184d2a5e, 0)
  table.writeUInt32LE(table.length - 8, 4)
  for (const [i, { packed, plain }] of sizes.entries()) {
    table.writeUInt32LE(packed, 8 + i * 8)
    table.writeUInt32LE(plain, 12 + i * 8)
  }
  table.writeUInt32LE(sizes.length, table.length - 9)
  table[table.length - 5] = 0 // no sums in the table: each frame has its own
  table.writeUInt32LE(0x8f92eab1, table.length - 4)
  return table
}
