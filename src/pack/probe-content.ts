/** A quick check that tells most large files of the same size apart. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { findHoles } from '../files/holes.ts'

const probeBytes = 65_536
const zeros = Buffer.alloc(probeBytes)
/** Zeros at the beginning, as in a disk image, tell nothing. This many are skipped. */
const mostZeros = 64 << 20

/**
 * The hash of the first 64 KiB block that is not all zeros, and of its position. Holes and written zeros give
 * the same result.
 */
export function probeContent(fd: number, stat: fs.BigIntStats): Uint8Array {
  const piece = Buffer.alloc(probeBytes)
  const holes = findHoles(fd, stat)
  const firstData = typeof holes === 'string' ? 0 : (holes[0]?.offset ?? mostZeros)
  for (let at = firstData - (firstData % probeBytes); at < mostZeros; at += probeBytes) {
    const read = piece.subarray(0, fs.readSync(fd, piece, 0, probeBytes, at))
    if (read.length === 0) break
    if (!read.equals(zeros.subarray(0, read.length)))
      return createHash('sha256').update(`${at}\n`).update(read).digest()
  }
  return createHash('sha256').digest()
}
