/** Hashes a file and its pieces, in one reading. */

import { hash as hashOf } from 'node:crypto'
import { pieceKind } from '../catalog/queued-pieces.ts'
import { areCompressible } from '../compress/compressibility.ts'
import { ContentHash } from '../files/content-hash.ts'
import { pieceBytes, piecesOfSize } from '../format/piece.ts'
import { rangesWithin } from '../format/sparse-map.ts'
import type { PieceSource } from './piece-source.ts'

export interface HashedPieces {
  /** The hash of the whole. */
  readonly digest: Buffer
  /** For each piece its kind, as `pieceKind`, and its hash; zeros in place of the hash of zeros. */
  readonly records: Uint8Array<ArrayBuffer>
}

const zeros = Buffer.alloc(pieceBytes)

/**
 * One in so many pieces is sampled for the others: neighbours are mostly of one kind, and deflating takes
 * time.
 */
const sampledTogether = 8

/** Undefined if the file is not as long as it should be, or changes meanwhile. Throws the system's errors. */
export async function hashPieces(
  file: PieceSource,
  sizeBytes: number,
  algorithm: string,
  onBytes: (bytes: number) => void,
  isStopped: () => boolean,
): Promise<HashedPieces | undefined> {
  if (!file.isSame() || file.sizeBytes !== sizeBytes) return undefined
  const digestBytes = hashOf(algorithm, zeros.subarray(0, 1), 'buffer').length
  const records = new Uint8Array(piecesOfSize(sizeBytes) * (digestBytes + 1))
  const whole = new ContentHash(algorithm)
  const bytes = Buffer.allocUnsafeSlow(pieceBytes)
  let isDense = false
  let sampledAt = -1
  for (let part = 0, at = 0; at < sizeBytes && !isStopped(); part++, at += pieceBytes) {
    const length = Math.min(pieceBytes, sizeBytes - at)
    const piece = bytes.subarray(0, length)
    const mayHold =
      file.ranges === undefined ||
      rangesWithin(file.ranges, at, at + length).some((range) => range.length > 0)
    if (mayHold && (await file.read(piece, at)) < length) return undefined
    if (!mayHold || piece.equals(zeros.subarray(0, length))) {
      whole.zeros(length)
    } else {
      whole.update(piece)
      const sample = Math.floor(part / sampledTogether)
      if (sample !== sampledAt) isDense = !areCompressible(piece)
      sampledAt = sample
      const record = part * (digestBytes + 1)
      records[record] = isDense ? pieceKind.dense : pieceKind.compressible
      records.set(hashOf(algorithm, piece, 'buffer'), record + 1)
    }
    onBytes(length)
  }
  return file.isSame() && !isStopped() ? { digest: whole.digest(), records } : undefined
}
