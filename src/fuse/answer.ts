/** Writes answers to the kernel. Any thread may do it. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { putUint64 } from './attributes.ts'
import { answerHeaderBytes } from './protocol.ts'
import type { Failure, Pending } from './tree.ts'

export function putHeader(target: Buffer, bytes: number, failure: Failure, unique: bigint): void {
  target.writeUInt32LE(answerHeaderBytes + bytes, 0)
  target.writeInt32LE(failure, 4)
  target.writeBigUInt64LE(unique, 8)
}

/** One write takes 1,024 (IOV_MAX). */
const mostPieces = 512

/**
 * Answers a request that was left for later: with the bytes that were read, perhaps in pieces, or with a
 * negative error number.
 */
export function answer(
  { descriptor, unique }: Pending,
  result: Uint8Array | readonly Uint8Array[] | Failure,
): void {
  const header = Buffer.allocUnsafe(answerHeaderBytes)
  if (typeof result === 'number') {
    putHeader(header, 0, result, unique)
    writeAnswer(descriptor, [header])
  } else {
    const pieces = result instanceof Uint8Array ? [result] : result
    const filled =
      pieces.length > mostPieces ? [Buffer.concat(pieces)] : pieces.filter(({ length }) => length > 0)
    putHeader(
      header,
      filled.reduce((sum, { length }) => sum + length, 0),
      0,
      unique,
    )
    writeAnswer(descriptor, [header, ...filled])
  }
}

/** Answers a search for data or a hole: with its offset, or with a negative error number. */
export function answerSeek(pending: Pending, result: number | Failure): void {
  if (result < 0) return answer(pending, result)
  const offset = Buffer.alloc(8)
  putUint64(offset, result, 0)
  answer(pending, offset)
}

/** One write is one answer. */
export function writeAnswer(descriptor: number, pieces: readonly Uint8Array[]): void {
  try {
    if (pieces.length === 1) fs.writeSync(descriptor, pieces[0] as Uint8Array)
    else fs.writevSync(descriptor, pieces as Uint8Array[])
  } catch (error) {
    const code = systemCode(error)
    // The request was aborted, or the file system is unmounted.
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'EPERM') throw error
  }
}
