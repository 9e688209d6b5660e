/** Whether compressing a file gains anything, told from samples of its content. */

import fs from 'node:fs'
import zlib from 'node:zlib'

const sampleBytes = 16_384

/**
 * Below this many bytes a file is taken to be worth compressing unseen: its tar header compresses, and opening it to
 * look costs more than it can save.
 */
export const alwaysWorthBytes = 4096

/** Samples that deflate to more than this share of their size are not worth bzip2's 20 MB/s. */
const worthShare = 0.95

/**
 * Reads three samples of the open file `fd` of `sizeBytes` and answers; `placeOf` says where in the file a byte of them is.
 * Throws what the system throws.
 */
export function worthCompressing(
  fd: number,
  sizeBytes: number,
  placeOf: (at: number) => number = (at) => at,
): boolean {
  if (sizeBytes < alwaysWorthBytes) return true
  const samples = Buffer.allocUnsafe(3 * sampleBytes)
  let length = 0
  for (const at of [0, Math.floor(sizeBytes / 2), sizeBytes - sampleBytes]) {
    if (sizeBytes <= sampleBytes * 3 && at > 0) break
    length += fs.readSync(fd, samples, length, sampleBytes, placeOf(at))
  }
  const read = samples.subarray(0, length)
  if (entropyBits(read) < 7) return true
  return zlib.deflateRawSync(read, { level: 1 }).length < read.length * worthShare
}

/** Shannon entropy of the bytes' frequencies, in bits a byte: 8 for noise; text is below 5. */
function entropyBits(data: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const byte of data) counts[byte] = (counts[byte] as number) + 1
  let bits = 0
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / data.length)
  return data.length === 0 ? 0 : bits / data.length
}
