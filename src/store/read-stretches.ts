/** A file of a store as one stream: it goes on where the connection broke. */

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { ButcherError, throwIfAborted } from '../errors.ts'
import type { Patience } from './patience.ts'
import { Trouble } from './rclone-error.ts'

export interface Stretch {
  readonly offset: number
  /** Undefined: to the end of the file. */
  readonly length: number | undefined
  /** Begins the message of an error. */
  readonly doing: string
  readonly signal: AbortSignal | undefined
}

type Open = (first: number, last: number | undefined) => Promise<IncomingMessage>

/** The size of the file, or undefined if it does not exist. */
type SizeNow = () => Promise<number | undefined>

export function readStretches(open: Open, stretch: Stretch, patience: Patience, sizeNow: SizeNow): Readable {
  return Readable.from(pieces(open, stretch, patience, sizeNow), {
    objectMode: false,
    highWaterMark: 1 << 18,
  })
}

async function* pieces(
  open: Open,
  { offset, length, doing, signal }: Stretch,
  patience: Patience,
  sizeNow: SizeNow,
): AsyncGenerator<Buffer> {
  const end = length === undefined ? Infinity : offset + length
  const tries = patience.tries(doing, signal)
  let at = offset
  while (at < end) {
    throwIfAborted(signal)
    try {
      const response = await open(at, end === Infinity ? undefined : end - 1)
      for await (const piece of response) {
        // A server may send more than it was asked for.
        const wanted = (piece as Buffer).subarray(0, end - at)
        at += wanted.length
        tries.succeeded()
        if (wanted.length > 0) yield wanted
        if (wanted.length < (piece as Buffer).length) break
      }
      return
    } catch (error) {
      const size = error instanceof Trouble ? await sizeNow() : Infinity
      if (size === undefined) throw new ButcherError('io', `${doing}: no such file`, { cause: error })
      if (at >= size) return
      await tries.failed(again(error))
    }
  }
}

/** The connection broke, or the file is there in spite of the error: both may pass. */
function again(error: unknown): unknown {
  const code = (error as { code?: unknown }).code
  const isCutOff = code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE'
  if (isCutOff) return new Trouble('away', 'the connection broke')
  return error instanceof Trouble && error.kind === 'missing' ? new Trouble('away', error.message) : error
}
