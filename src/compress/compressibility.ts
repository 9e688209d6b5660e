/** Whether compressing a file gains anything, told from samples of its content. */

import fs from 'node:fs'
import zlib from 'node:zlib'

const sampleBytes = 16_384

/**
 * Below this many bytes a file is taken to be worth compressing unseen: its tar header compresses, and opening it to
 * look costs more than it can save.
 */
export const alwaysCompressedBytes = 4096

/** Samples that deflate to more than this share of their size are not worth bzip2's 20 MB/s. */
const compressibleShare = 0.95

/**
 * Reads three samples of the open file `fd` of `sizeBytes` and answers; `placeOf` says where in the file a byte of them is.
 * Throws what the system throws.
 */
export function isCompressible(
  fd: number,
  sizeBytes: number,
  placeOf: (at: number) => number = (at) => at,
): boolean {
  if (sizeBytes < alwaysCompressedBytes) return true
  let length = 0
  for (const at of [0, Math.floor(sizeBytes / 2), sizeBytes - sampleBytes]) {
    if (sizeBytes <= sampleBytes * 3 && at > 0) break
    length += fs.readSync(fd, samples, length, sampleBytes, placeOf(at))
  }
  const read = samples.subarray(0, length)
  if (entropyBits(read) < 7) return true
  return zlib.deflateRawSync(read, { level: 1 }).length < read.length * compressibleShare
}

/** So many bytes tell noise from what is not: its entropy seems 0.05 bits lower than it is. */
const countedBytes = 4096

const samples = Buffer.allocUnsafeSlow(3 * sampleBytes)
const counts = new Uint32Array(256)

/**
 * Shannon entropy of the bytes' frequencies, about, in bits a byte: 8 for noise; text is below 5. Of many bytes some are
 * counted, an odd number apart, as much data has numbers of an even number of bytes.
 */
function entropyBits(data: Uint8Array): number {
  const apart = Math.floor(data.length / countedBytes) | 1
  counts.fill(0)
  let counted = 0
  for (let at = 0; at < data.length; at += apart, counted++) {
    const byte = data[at] as number
    counts[byte] = (counts[byte] as number) + 1
  }
  let bits = 0
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / counted)
  return counted === 0 ? 0 : bits / counted
}
