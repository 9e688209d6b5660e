/** Reads forward through the bytes of an image, from its beginning or from a later place. */

import { setImmediate } from 'node:timers/promises'
import { ButcherError, throwIfAborted } from '../errors.ts'
import type { ImageBytes } from '../image-bytes/image-bytes.ts'
import { damagedImage } from './damaged-image.ts'

export interface CursorOptions {
  /** Every piece is valid until the next one is read. */
  readonly reuse?: boolean
  readonly signal?: AbortSignal | undefined
}

const none = new Uint8Array(0)

export class ByteCursor {
  /** Sees all bytes that are taken. */
  onRead: ((bytes: Uint8Array) => void) | undefined
  /** The damage that ends the bytes too early, in words. */
  fault: string | undefined
  #piece: Uint8Array = none
  #position: number
  readonly #pieces: AsyncIterator<Uint8Array>

  constructor(pieces: AsyncIterable<Uint8Array>, position = 0) {
    this.#pieces = pieces[Symbol.asyncIterator]()
    this.#position = position
  }

  /** Of the next byte in the image. */
  get position(): number {
    return this.#position
  }

  /** The bytes that need no waiting, at most `most`. */
  now(most: number): Uint8Array {
    const piece = this.#piece
    const taken = most < piece.length ? piece.subarray(0, most) : piece
    this.#piece = most < piece.length ? piece.subarray(most) : none
    this.#position += taken.length
    this.onRead?.(taken)
    return taken
  }

  /** At least one byte, at most `most`; none at the end. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) {
      const next = await this.#next()
      if (!next) return none
      this.#piece = next
    }
    return this.now(most)
  }

  /** Exactly so many bytes, valid until more are read, or undefined if the image ends before. */
  async takeIfThere(size: number): Promise<Uint8Array | undefined> {
    const first = size === 0 ? none : await this.some(size)
    if (first.length === size) return first
    const all = Buffer.alloc(size)
    all.set(first)
    for (let done = first.length; done < size;) {
      const more = await this.some(size - done)
      if (more.length === 0) return undefined
      all.set(more, done)
      done += more.length
    }
    return all
  }

  /** The next bytes, which stay to be read: `size` of them, or fewer at the end of the image. */
  async peek(size: number): Promise<Uint8Array> {
    if (this.#piece.length < size) {
      const pieces = [Buffer.from(this.#piece)]
      let length = this.#piece.length
      while (length < size) {
        const next = await this.#next()
        if (!next) break
        pieces.push(Buffer.from(next))
        length += next.length
      }
      this.#piece = Buffer.concat(pieces)
    }
    return this.#piece.subarray(0, size)
  }

  /** A copy. Throws `damaged` if the image ends before. `size` must be bounded by the caller. */
  async take(size: number, name: string): Promise<Uint8Array> {
    const bytes = await this.takeIfThere(size)
    if (!bytes) throw damagedImage(this.fault ?? `the image ends inside ${name}`)
    return Buffer.from(bytes)
  }

  /** Damage of the compressed data ends them: all bytes before it are good. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.fault !== undefined) return undefined
    try {
      const next = await this.#pieces.next()
      return next.done === true ? undefined : next.value
    } catch (error) {
      if (!(error instanceof ButcherError) || error.code !== 'damaged') throw error
      this.fault = error.message
      return undefined
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

const pieceBytes = 1 << 20
/** About 10 ms of work. */
const piecesInTurn = 16

/** The image's bytes from `start` on. A plain file is read ahead by one piece. */
export function bytesFrom(
  bytes: ImageBytes,
  start: number,
  options: CursorOptions = {},
): AsyncIterable<Uint8Array> {
  return isPlain(bytes) ? readAhead(bytes, start, options) : skipStart(bytes.stream(options.signal), start)
}

/** Reading from any place costs no more than reading on. */
export const isPlain = ({ compressed, size }: ImageBytes): boolean =>
  compressed === null && size !== undefined

async function* readAhead(
  bytes: ImageBytes,
  start: number,
  { reuse = false, signal }: CursorOptions,
): AsyncGenerator<Uint8Array> {
  const buffers = reuse ? [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)] : []
  let turn = 0
  const read = async (at: number): Promise<Uint8Array> => {
    const buffer = buffers[turn++ % 2] ?? Buffer.allocUnsafeSlow(pieceBytes)
    return buffer.subarray(0, await bytes.readAt(at, buffer))
  }
  let at = start
  let next = read(at)
  try {
    for (;;) {
      const piece = await next
      throwIfAborted(signal)
      if (piece.length === 0) return
      // A plain file is read without waiting: a stop must find its turn.
      if (turn % piecesInTurn === 0) await setImmediate()
      at += piece.length
      next = read(at)
      yield piece
    }
  } finally {
    await next.catch(() => {})
  }
}

async function* skipStart(pieces: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
  let left = start
  for await (const piece of pieces) {
    if (left >= piece.length) left -= piece.length
    else {
      yield left === 0 ? piece : piece.subarray(left)
      left = 0
    }
  }
}
