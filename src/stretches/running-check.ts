/**
 * Checks a content that is read in order, piece by piece, against its hash. Reads may overlap, and come out
 * of turn.
 */

import { createHash, type Hash } from 'node:crypto'

/** The kernel reads ahead, and its requests may overtake each other by so much. */
const mostWaitingBytes = 16 << 20

export class RunningCheck {
  readonly #sizeBytes: number
  readonly #expected: Uint8Array
  readonly #hash: Hash
  #next = 0
  readonly #waiting = new Map<number, Buffer>()
  #waitingBytes = 0
  #result: 'right' | 'wrong' | undefined

  constructor(algorithm: string, sizeBytes: number, expected: Uint8Array) {
    this.#hash = createHash(algorithm)
    this.#sizeBytes = sizeBytes
    this.#expected = expected
  }

  /** Undefined until the content was read from its beginning to its end. */
  get result(): 'right' | 'wrong' | undefined {
    return this.#result
  }

  /** The pieces may be overwritten after the call. */
  add(offset: number, pieces: readonly Buffer[]): void {
    if (this.#result !== undefined) return
    const bytes = lengthOf(pieces)
    if (offset + bytes <= this.#next) return
    if (offset > this.#next) {
      if (this.#waitingBytes + bytes > mostWaitingBytes) this.#dropWaiting()
      this.#waitingBytes += bytes - (this.#waiting.get(offset)?.length ?? 0)
      this.#waiting.set(offset, Buffer.concat(pieces))
      return
    }
    this.#take(offset, pieces)
    for (;;) {
      const found = [...this.#waiting].find(([at]) => at <= this.#next)
      if (found === undefined) break
      this.#waiting.delete(found[0])
      this.#waitingBytes -= found[1].length
      this.#take(found[0], [found[1]])
    }
    if (this.#next === this.#sizeBytes) {
      this.#result = this.#hash.digest().equals(this.#expected) ? 'right' : 'wrong'
      this.#dropWaiting()
    }
  }

  #take(offset: number, pieces: readonly Buffer[]): void {
    let at = offset
    for (const piece of pieces) {
      const end = at + piece.length
      if (end > this.#next) {
        this.#hash.update(at < this.#next ? piece.subarray(this.#next - at) : piece)
        this.#next = end
      }
      at = end
    }
  }

  #dropWaiting(): void {
    this.#waiting.clear()
    this.#waitingBytes = 0
  }
}

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0)
