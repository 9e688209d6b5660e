/**
 * Compression by segments: each is a whole stream of its format, and streams end to end are one valid file for bzip2,
 * gzip, zstd and xz alike. So the segments of a chunk are compressed side by side, and after each the stored size is
 * known to the byte, which lets a chunk be sealed at the size that its disc has room for.
 */

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import { bzip2Threads } from './bzip2-threads.ts'
import { findProgram } from './find-program.ts'
import { runFilter } from './run-filter.ts'

/** Four blocks of `bzip2 -9`: what starting a program costs is lost in them, and memory holds several of them a thread. */
export const segmentBytes = 3_600_000

export interface Compressor {
  readonly compress: (segment: Uint8Array) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** A compressor for up to `jobs` segments at a time. Throws `program` where its program is missing. */
export function compressor(compression: Compression, jobs: number): Compressor {
  const nothing = async (): Promise<void> => {}
  switch (compression) {
    case 'none':
      return { compress: async (segment) => segment, close: nothing }
    case 'bz2':
      return bzip2Compressor(jobs)
    case 'gz':
      return { compress: (segment) => gzip(segment, { level: 6 }), close: nothing }
    case 'zstd':
      return { compress: (segment) => zstd(segment), close: nothing }
    case 'xz':
      return { compress: xzCompressor(), close: nothing }
  }
}

/**
 * The most bytes a segment of `bytes` takes compressed. bzip2: 1 % and 600 bytes (its manual, BZ2_bzBuffToBuffCompress);
 * gzip: 5 bytes a block of 16 KiB and 18 (zlib, deflateBound); zstd: 1/256 and 512 (ZSTD_COMPRESSBOUND); xz: under 0.1 %
 * and 128 (xz.h, lzma_stream_buffer_bound).
 */
export function compressedBound(compression: Compression, bytes: number): number {
  const segments = Math.ceil(bytes / segmentBytes) + 1
  switch (compression) {
    case 'none':
      return bytes
    case 'bz2':
      return Math.ceil(bytes * 1.01) + 600 * segments
    case 'gz':
      return Math.ceil(bytes * 1.001) + 64 * segments
    case 'zstd':
      return Math.ceil(bytes * (1 + 1 / 256)) + 512 * segments
    case 'xz':
      return Math.ceil(bytes * 1.001) + 256 * segments
  }
}

const gzip = promisify(zlib.gzip) as (data: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>
const zstd = promisify(zlib.zstdCompress) as (data: Uint8Array) => Promise<Buffer>

function bzip2Compressor(jobs: number): Compressor {
  const lbzip2 = findProgram('lbzip2')
  if (lbzip2 === undefined) return bzip2Threads(jobs)
  return { compress: (segment) => runFilter(lbzip2, ['-n', '1', '-9', '-c'], segment), close: async () => {} }
}

function xzCompressor(): Compressor['compress'] {
  const xz = findProgram('xz')
  if (xz === undefined) {
    throw new ButcherError('program', 'xz is not installed', { hint: 'install it: apt-get install xz-utils' })
  }
  return (segment) => runFilter(xz, ['-6', '-T1', '-c'], segment)
}
