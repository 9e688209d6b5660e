/** Reads a disk in pieces, past errors if asked: tries again, down to a sector, and opens the disk anew. */

import fs from 'node:fs'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { diskText, isGoneError } from './disk-error.ts'

/** A read of `into.length` bytes; resolves with their number, less only at the end of the disk. */
export type ReadAt = (into: Uint8Array, offset: number) => Promise<number>

export interface ReadOptions {
  /** Named in messages. */
  readonly path: string
  readonly bytes: number
  readonly sectorBytes: number
  /** Opens the disk anew: after an error, some readers answer only then. */
  readonly reopen: () => Promise<void>
  /** Called for each unreadable range. If missing, the first one is an error. */
  readonly onBad?: (offset: number, bytes: number) => void
  readonly signal: AbortSignal | undefined
}

const tries = 3
/** After an error, the kernel reads single pages: smaller steps than this cost a wait each on a bad disk. */
const stepBytes = 65_536

export const readDescriptor = (fd: number, into: Uint8Array, offset: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.read(fd, into, 0, into.length, offset, (error, read) => (error ? reject(error) : resolve(read))),
  )

/**
 * Fills `into` from `offset`. Unreadable sectors become zeros if `onBad` is given. Throws `io` for the first
 * unreadable sector otherwise, and `source` if the disk ends early or is gone.
 */
export async function readPiece(
  read: ReadAt,
  into: Uint8Array,
  offset: number,
  options: ReadOptions,
): Promise<void> {
  throwIfAborted(options.signal)
  const error = await tryRead(read, into, offset, options)
  if (error === undefined) return
  if (isGoneError(error)) throw gone(options, error)
  await options.reopen()
  for (const size of [stepBytes, options.sectorBytes]) {
    if (into.length > size) return readSmaller(read, into, offset, size, options)
  }
  for (let attempt = 1; attempt < tries; attempt++) {
    throwIfAborted(options.signal)
    if ((await tryRead(read, into, offset, options)) === undefined) return
  }
  if (!options.onBad) throw unreadable(options, offset, error)
  into.fill(0)
  options.onBad(offset, into.length)
}

async function readSmaller(
  read: ReadAt,
  into: Uint8Array,
  offset: number,
  size: number,
  options: ReadOptions,
): Promise<void> {
  for (let at = 0; at < into.length; at += size) {
    await readPiece(read, into.subarray(at, at + size), offset + at, options)
  }
}

/** The error of a read, or undefined. A disk that ends early is an error that no second try mends. */
async function tryRead(
  read: ReadAt,
  into: Uint8Array,
  offset: number,
  options: ReadOptions,
): Promise<unknown> {
  for (let done = 0; done < into.length;) {
    try {
      const length = await read(into.subarray(done), offset + done)
      if (length === 0) throw endsEarly(options, offset + done)
      done += length
    } catch (error) {
      if (error instanceof ButcherError) throw error
      return error
    }
  }
  return undefined
}

const gone = ({ path }: ReadOptions, cause: unknown): ButcherError =>
  new ButcherError('source', `${path} is gone`, {
    path,
    hint: 'plug it in again, and run the command again',
    cause,
  })

const endsEarly = ({ path, bytes }: ReadOptions, at: number): ButcherError =>
  new ButcherError('source', `${path} ends at byte ${at}: ${bytes} bytes were announced`, {
    path,
    hint: 'the disk is broken, lies about its size, or was replaced',
  })

const unreadable = ({ path }: ReadOptions, offset: number, cause: unknown): ButcherError =>
  new ButcherError('io', `cannot read ${path} at byte ${offset}: ${diskText(cause)}`, {
    path,
    hint: 'clean the contacts, try another reader; --map FILE continues past bad sectors',
    cause,
  })
