/** Decompresses streams of bytes with bounded memory. */

import { pipeline, Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { ButcherError, systemText } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import { findProgram } from '../programs/find-program.ts'
import { runFilterSync } from '../programs/run-filter-sync.ts'
import { throughProgram } from '../programs/through-program.ts'
import { decodeBzip2 } from './decode-bzip2.ts'
import { zstdFrames } from './zstd-frames.ts'

export type Bytes = AsyncIterable<Uint8Array>

/**
 * Decompresses all streams of `input`, one after the other. If you stop reading, a running program is ended
 * and `input` is closed. `signal` ends a program that hangs. `threads` limits lbzip2. Throws `damaged`, after
 * all good data, if the data is of another kind, broken or cut off. Throws `program` if xz is needed and
 * missing.
 */
export function decompress(input: Bytes, compression: Compression, threads = 1, signal?: AbortSignal): Bytes {
  switch (compression) {
    case 'none':
      return input
    case 'bz2':
      return bunzip2(input, threads, signal)
    case 'gz':
      return throughTransform(zlib.createGunzip({ chunkSize: outputBytes }), input, 'gzip')
    case 'zstd':
      return unzstd(input)
    case 'xz':
      return unxz(input, signal)
  }
}

const outputBytes = 256 * 1024

/**
 * lbzip2 decodes the blocks of a stream in parallel. bzip2 has a third of its speed, the JavaScript decoder a
 * tenth.
 */
function bunzip2(input: Bytes, threads: number, signal: AbortSignal | undefined): Bytes {
  const lbzip2 = findProgram('lbzip2')
  const lbzip2Words = ['-d', '-q', '-n', String(threads)]
  if (lbzip2 !== undefined) return throughProgram(lbzip2, lbzip2Words, input, 'bzip2', signal)
  const bzip2 = findProgram('bzip2')
  return bzip2 === undefined
    ? decodeBzip2(input)
    : throughProgram(bzip2, ['-d', '-q', '-c'], input, 'bzip2', signal)
}

function unxz(input: Bytes, signal: AbortSignal | undefined): Bytes {
  return throughProgram(findXz(), xzWords, input, 'xz', signal)
}

/**
 * A whole xz stream that unpacks to `length` bytes. The thread waits for it. Throws `damaged` and `program`.
 */
export const unxzBlock = (stream: Uint8Array, length: number): Buffer =>
  runFilterSync(findXz(), xzWords, stream, 'xz', length)

function findXz(): string {
  const xz = findProgram('xz')
  if (xz === undefined) {
    throw new ButcherError('program', 'xz is not installed, and the data is compressed with it', {
      hint: 'install it: apt-get install xz-utils',
    })
  }
  return xz
}

/**
 * xz -9 needs 65 MiB, but a dictionary can have 4 GiB. Node's zstd decoder itself stops at windows of 128
 * MiB.
 */
const xzMemoryBytes = 256 * 1024 * 1024
const xzWords = ['-d', '-q', '-c', `--memlimit-decompress=${xzMemoryBytes}`]

/** Node's decoder drops everything after the first frame of a write. So each frame gets its own decoder. */
async function* unzstd(input: Bytes): AsyncGenerator<Uint8Array> {
  const pieces = zstdFrames(input)
  try {
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
      const decoder = zlib.createZstdDecompress({ chunkSize: outputBytes })
      yield* throughTransform(decoder, restOfFrame(piece.value, pieces), 'zstd')
    }
  } finally {
    await pieces.return(undefined)
  }
}

async function* restOfFrame(
  first: { readonly bytes: Uint8Array; readonly ends: boolean },
  pieces: ReturnType<typeof zstdFrames>,
): AsyncGenerator<Uint8Array> {
  yield first.bytes
  let ended = first.ends
  while (!ended) {
    const piece = await pieces.next()
    if (piece.done) return // zstdFrames throws if a frame is cut off
    yield piece.value.bytes
    ended = piece.value.ends
  }
}

async function* throughTransform(
  transform: Transform,
  input: Bytes,
  kind: string,
): AsyncGenerator<Uint8Array> {
  // The transform reports the errors.
  pipeline(Readable.from(input, { objectMode: false }), transform, () => {})
  try {
    for await (const data of transform) yield data as Uint8Array
  } catch (error) {
    if (error instanceof ButcherError) throw error
    throw new ButcherError('damaged', `the ${kind} data is damaged: ${systemText(error)}`, { cause: error })
  }
}
