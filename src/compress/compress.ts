/**
 * Compression. In bzip2, gzip, zstd and xz, concatenated streams are one valid file. So a chunk's stream can
 * be ended at any time, which gives its exact stored size: a chunk can be sealed at the size that fits on its
 * disc. If a program or library uses only one core, segments are compressed in parallel.
 */

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import { findProgram } from '../programs/find-program.ts'
import { runFilter } from '../programs/run-filter.ts'
import { bzip2Threads } from './bzip2-threads.ts'
import { type Compressor, notCompressed, SegmentStream } from './compress-stream.ts'

/**
 * Four blocks of bzip2: large enough to hide the cost of a message to a thread, and small enough that each
 * thread can hold several.
 */
export const segmentBytes = 3_600_000

/** A compressor for up to `jobs` segments at a time. Throws `program` if its program is missing. */
export function compressor(compression: Compression, jobs: number): Compressor {
  switch (compression) {
    case 'none':
      return {
        compress: async (segment) => segment,
        stream: (_, onData) => notCompressed(onData),
        close: async () => {},
      }
    case 'bz2': {
      const threads = bzip2Threads(jobs)
      return bySegments(threads.compress, threads.close)
    }
    case 'gz':
      return bySegments((segment) => gzip(segment, { level: 6 }))
    case 'zstd':
      // A frame that says its size can be passed over without decoding it.
      return bySegments((segment) =>
        zstd(segment, {
          chunkSize: compressedBound('zstd', segment.length),
          pledgedSrcSize: segment.length,
        }),
      )
    case 'xz':
      return bySegments(xzCompressor())
  }
}

const bySegments = (compress: Compressor['compress'], close = async (): Promise<void> => {}): Compressor => ({
  compress,
  stream: (parallelism, onData) => new SegmentStream(compress, segmentBytes, parallelism, onData),
  close,
})

/**
 * The most compressed bytes of a segment of `bytes`. bzip2: 1 % and 600 bytes (its manual,
 * BZ2_bzBuffToBuffCompress); gzip: 5 bytes per block of 16 KiB and 18 (zlib, deflateBound); zstd: 1/256 and
 * 512 (ZSTD_COMPRESSBOUND); xz: under 0.1 % and 128 (xz.h, lzma_stream_buffer_bound).
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
const zstd = promisify(zlib.zstdCompress) as (data: Uint8Array, options: zlib.ZstdOptions) => Promise<Buffer>

function xzCompressor(): Compressor['compress'] {
  const xz = findProgram('xz')
  if (xz === undefined) {
    throw new ButcherError('program', 'xz is not installed', { hint: 'install it: apt-get install xz-utils' })
  }
  return (segment) => runFilter(xz, ['-6', '-T1', '-c'], segment)
}
