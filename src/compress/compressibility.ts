/** Decides from samples whether compressing a file saves space. */

import fs from 'node:fs'
import zlib from 'node:zlib'

const sampleBytes = 16_384

/**
 * Smaller files are always compressed: their tar header compresses, and opening them for a sample costs more
 * than it saves.
 */
export const alwaysCompressedBytes = 4096

/** If samples deflate to more than this share, bzip2's 20 MB/s are not worth it. */
const compressibleShare = 0.95

/**
 * Reads three samples of the open file `fd` of `sizeBytes`. `placeOf` maps a sample's position to its
 * position in the file. Throws the system's errors.
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
  return doSamplesCompress(samples.subarray(0, length))
}

/** The same for bytes in memory. */
export function areCompressible(bytes: Uint8Array): boolean {
  if (bytes.length <= samples.length) return doSamplesCompress(bytes)
  const places = [0, Math.floor(bytes.length / 2), bytes.length - sampleBytes]
  for (const [i, at] of places.entries()) samples.set(bytes.subarray(at, at + sampleBytes), i * sampleBytes)
  return doSamplesCompress(samples)
}

function doSamplesCompress(read: Uint8Array): boolean {
  if (entropyBits(read) < 7) return true
  return zlib.deflateRawSync(read, { level: 1 }).length < read.length * compressibleShare
}

/** Enough bytes to recognise noise: its measured entropy is 0.05 bits too low. */
const countedBytes = 4096

const samples = Buffer.allocUnsafeSlow(3 * sampleBytes)
const counts = new Uint32Array(256)

/**
 * The approximate Shannon entropy of the bytes, in bits per byte: 8 for noise, below 5 for text. Counts a
 * part of large data.
 */
function entropyBits(data: Uint8Array): number {
  const counted = countBytes(data, countedBytes, counts)
  let bits = 0
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / counted)
  return counted === 0 ? 0 : bits / counted
}

/**
 * Counts how often each byte is in a sample of some `wanted` bytes, and answers with the size of the sample.
 * The step is odd, because much data consists of numbers with an even size.
 */
export function countBytes(data: Uint8Array, wanted: number, into: Uint32Array): number {
  const apart = Math.floor(data.length / wanted) | 1
  into.fill(0)
  let counted = 0
  for (let at = 0; at < data.length; at += apart, counted++) {
    const byte = data[at] as number
    into[byte] = (into[byte] as number) + 1
  }
  return counted
}
