/** Reads the local file of a `put`. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type { Readable } from 'node:stream'
import { asButcherError, ButcherError, throwIfAborted } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import type { Expected } from './store.ts'

const blockBytes = 1 << 20

/** The pieces of a file, in memory that is used again for the next one. Throws `aborted`, `io`. */
export async function* readLocal(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    const handle = await fs.promises.open(file, 'r')
    try {
      const block = Buffer.allocUnsafeSlow(blockBytes)
      for (;;) {
        throwIfAborted(signal)
        const { bytesRead } = await handle.read(block, 0, blockBytes, null)
        if (bytesRead === 0) return
        yield block.subarray(0, bytesRead)
      }
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw asButcherError(error, 'cannot read', showPath(file))
  }
}

/**
 * The digest of a local file by `algorithm` (sha256 if undefined), lower-case hex. Throws `damaged` if it
 * is not as expected.
 */
export async function digestLocal(
  file: string,
  algorithm: string | undefined,
  expected: Expected,
  signal?: AbortSignal,
): Promise<string> {
  const sha256 = createHash('sha256')
  const other = algorithm === undefined || algorithm === 'sha256' ? undefined : createHash(algorithm)
  let bytes = 0
  for await (const piece of readLocal(file, signal)) {
    sha256.update(piece)
    other?.update(piece)
    bytes += piece.length
  }
  const digest = sha256.digest('hex')
  checkContent(file, { bytes, sha256: digest }, expected)
  return other?.digest('hex') ?? digest
}

/** Throws `damaged` if `found` differs from `expected`. */
export function checkContent(file: string, found: Expected, expected: Expected): void {
  if (found.bytes === expected.bytes && found.sha256 === expected.sha256) return
  const difference =
    found.bytes === expected.bytes
      ? 'its hash is wrong'
      : `it has ${found.bytes} bytes, not ${expected.bytes}`
  throw new ButcherError('damaged', `${showPath(file)} has changed since it was made: ${difference}`, {
    path: file,
    hint: 'run the same command again; if it fails again, check the memory and the disk of this machine',
  })
}

/** The same for the size alone. */
export function checkSize(local: string, expected: Expected): void {
  try {
    const { size } = fs.statSync(local)
    if (size !== expected.bytes) checkContent(local, { bytes: size, sha256: '' }, expected)
  } catch (error) {
    throw asButcherError(error, 'cannot read', showPath(local))
  }
}

export async function digestOf(stream: Readable): Promise<Expected> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of stream) {
    hash.update(piece as Buffer)
    bytes += (piece as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}
