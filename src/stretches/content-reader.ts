/**
 * Reads contents at any offset. A content, or a part of one, of at most 32 MiB is checked by its hash before
 * its first byte is given out. A larger one is checked while it is read, and its last bytes are withheld if
 * it is wrong.
 */

import { createHash } from 'node:crypto'
import { ButcherError } from '../errors.ts'
import type { FoundMember } from './chunk-members.ts'
import type { ChunkStretches } from './chunk-stretches.ts'
import type { ContentFacts, PieceFacts } from './content-facts.ts'
import type { OpenChunks } from './open-chunks.ts'
import { readMember, zerosOf } from './read-member.ts'
import type { Room } from './room.ts'
import { RunningCheck } from './running-check.ts'
import type { StretchCache } from './stretch-cache.ts'

/** A second of a slow decompressor, and an eighth of the cache. */
const mostWholeBytes = 32 << 20
/** So many are put together at a time: each takes memory. */
const mostAtOnce = 4
/** Of one stretch after the other: so many are decoded ahead, in other threads. */
const stretchesAhead = 3
/** After a piece of a large file, the next one is probably wanted. */
const largestAlone = 1 << 20
const mostKnownLarge = 10_000

interface LargePiece {
  readonly check: RunningCheck
  /** Where the last read ended. */
  end: number
  /** Resolves when the last read was checked. */
  checked: Promise<void>
}

export interface ContentReaderOptions {
  readonly chunks: OpenChunks
  readonly cache: StretchCache
  readonly hash: string
}

export class ContentReader {
  readonly #options: ContentReaderOptions
  readonly #large = new Map<string, LargePiece>()
  #working = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: ContentReaderOptions) {
    this.#options = options
  }

  /**
   * Up to `bytes` bytes from `offset`, in pieces that must not be changed. Fewer only at the end. Some may be
   * in `room`. Throws `damaged`, `missing-disc`, `secret`, and system errors.
   */
  async read(
    { sizeBytes, pieces }: ContentFacts,
    offset: number,
    bytes: number,
    room?: Room,
  ): Promise<Buffer[]> {
    const end = Math.min(sizeBytes, offset + bytes)
    const found: Buffer[] = []
    let at = offset
    for (const piece of pieces) {
      const from = Math.max(offset, piece.offset)
      const to = Math.min(end, piece.offset + piece.sizeBytes)
      if (from >= to) continue
      found.push(...zerosOf(from - at))
      at = to
      const read = piece.sizeBytes <= mostWholeBytes ? this.#readSmall : this.#readLarge
      found.push(...(await read(piece, from - piece.offset, to - from, room)))
    }
    found.push(...zerosOf(end - at))
    return found
  }

  readonly #readSmall = async (piece: PieceFacts, offset: number, count: number): Promise<Buffer[]> => {
    const { cache } = this.#options
    const whole = await cache.get(`content ${keyOf(piece)}`, () => this.#inTurn(() => this.#whole(piece)))
    return [whole.subarray(offset, offset + count)]
  }

  #whole(piece: PieceFacts): Promise<Buffer> {
    const { chunks, hash } = this.#options
    return chunks.use(piece.chunk, async ({ members, stretches }) => {
      for (let turn = 0; ; turn++) {
        const member = await members.find(piece.member, piece.sizeBytes, turn)
        if (member === undefined) throw wrong(turn === 0 ? 'it lacks' : 'it has wrong bytes for', piece)
        const bytes = Buffer.concat(await readMember(stretches, member, 0, piece.sizeBytes))
        if (!createHash(hash).update(bytes).digest().equals(piece.hash)) continue
        if (piece.sizeBytes >= largestAlone) decodeNext(stretches, member, piece.sizeBytes - 1, 1)
        return bytes
      }
    })
  }

  readonly #readLarge = (
    piece: PieceFacts,
    offset: number,
    count: number,
    room: Room | undefined,
  ): Promise<Buffer[]> =>
    this.#options.chunks.use(piece.chunk, async ({ file, members, stretches }) => {
      const large = this.#largeOf(piece, file)
      if (large.check.result === 'wrong') throw wrong('it has wrong bytes for', piece)
      const member = await members.find(piece.member, piece.sizeBytes, 0)
      if (member === undefined) throw wrong('it lacks', piece)
      // After a jump, what follows may not be wanted.
      const goesOn = Math.abs(offset - large.end) <= nearBytes
      large.end = offset + count
      const reading = readMember(stretches, member, offset, count, room)
      // In the order in which they were asked for: the check would copy what comes out of turn.
      const turn = goesOn ? large.checked : undefined
      const checking = reading.then(async (pieces) => {
        if (goesOn) decodeNext(stretches, member, offset + count, stretchesAhead)
        await turn
        large.check.add(offset, pieces)
      })
      large.checked = checking.catch(() => {}) // told to the reader
      await checking
      const pieces = await reading
      if (isWrong(large)) throw wrong('it has wrong bytes for', piece)
      return pieces
    })

  #largeOf(piece: PieceFacts, file: string): LargePiece {
    const key = `${keyOf(piece)} ${file}`
    let large = this.#large.get(key)
    if (large === undefined) {
      large = {
        check: new RunningCheck(this.#options.hash, piece.sizeBytes, piece.hash),
        end: 0,
        checked: Promise.resolve(),
      }
      // A damaged one stays known.
      for (const [other, { check }] of this.#large) {
        if (this.#large.size < mostKnownLarge) break
        if (check.result !== 'wrong') this.#large.delete(other)
      }
      this.#large.set(key, large)
    }
    return large
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#working++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#working--
    }
  }
}

/** The kernel's reads ahead overtake each other. */
const nearBytes = 4 << 20

/** The check goes on while others wait, so its result may be new. */
const isWrong = ({ check }: LargePiece): boolean => check.result === 'wrong'

function decodeNext(stretches: ChunkStretches, member: FoundMember, from: number, ahead: number): void {
  if (member.ranges !== undefined || from >= member.sizeBytes) return
  const decode = async (): Promise<void> => {
    const { stretch } = await stretches.advance(member.at, from)
    for (let i = 0; i <= ahead; i++) stretches.decodeSoon(stretch + i)
  }
  decode().catch(() => {}) // whoever reads there will be told
}

const keyOf = ({ content, part }: PieceFacts): string => `${content}.${part}`

const wrong = (what: string, { member }: PieceFacts): ButcherError =>
  new ButcherError('damaged', `${what} ${member}`)
