/**
 * Finds the members of a chunk's tar. It goes from header to header, and decodes only the stretches with
 * headers. All members that are passed are remembered.
 */

import { ButcherError } from '../errors.ts'
import { TarReader, type TarMember } from '../format/read-tar.ts'
import type { DataRange } from '../format/sparse-map.ts'
import { type ChunkStretches, chunkStart, type Position } from './chunk-stretches.ts'

export interface FoundMember {
  /** The size with holes. */
  readonly sizeBytes: number
  /** Its bytes in the tar. */
  readonly storedBytes: number
  readonly ranges: readonly DataRange[] | undefined
  readonly at: Position
}

const blockBytes = 512

export class ChunkMembers {
  readonly #stretches: ChunkStretches
  readonly #found = new Map<string, FoundMember[]>()
  #next: Position = chunkStart
  #ended = false
  #walking: Promise<void> = Promise.resolve()
  #count = 0

  constructor(stretches: ChunkStretches) {
    this.#stretches = stretches
  }

  /** How many members are remembered. */
  get count(): number {
    return this.#count
  }

  /**
   * The member with this name and size; of several, number `turn` from 0. Undefined if the chunk does not
   * have so many. Throws `damaged` if the tar is damaged before it.
   */
  async find(name: string, sizeBytes: number, turn: number): Promise<FoundMember | undefined> {
    for (;;) {
      const found = this.#known(name, sizeBytes)[turn]
      if (found !== undefined) return found
      if (this.#ended) return undefined
      const step = this.#walking.then(() => this.#walk(name, sizeBytes, turn))
      this.#walking = step.catch(() => {})
      await step
    }
  }

  #known(name: string, sizeBytes: number): readonly FoundMember[] {
    return this.#found.get(name)?.filter((member) => member.sizeBytes === sizeBytes) ?? []
  }

  async #walk(name: string, sizeBytes: number, turn: number): Promise<void> {
    while (!this.#ended && this.#known(name, sizeBytes)[turn] === undefined) await this.#walkOne()
  }

  /** Reads one header, with the pax records before it. */
  async #walkOne(): Promise<void> {
    let member: TarMember | undefined
    const reader = new TarReader({
      begin: (begun) => {
        member ??= begun
        return false
      },
      data: () => {},
      hole: () => {},
      end: () => {},
    })
    let at = this.#next
    while (member === undefined) {
      const data = await this.#stretches.bytes(at.stretch)
      if (data === undefined) throw new ButcherError('damaged', 'the tar is damaged: it is cut short')
      let { offset } = at
      for (
        ;
        member === undefined && !reader.ended && offset + blockBytes <= data.length;
        offset += blockBytes
      ) {
        reader.feed(data.subarray(offset, offset + blockBytes))
      }
      at = { stretch: at.stretch, offset }
      if (member === undefined && !reader.ended) {
        const rest = Buffer.concat(await this.#stretches.read(at, blockBytes))
        if (rest.length < blockBytes) throw new ButcherError('damaged', 'the tar is damaged: it is cut short')
        reader.feed(rest)
        at = await this.#stretches.advance(at, blockBytes)
      }
      if (reader.ended) {
        this.#ended = true
        return
      }
    }
    const { name, sizeBytes, storedBytes, ranges, isFile } = member as TarMember
    if (isFile && sizeBytes !== undefined) {
      const found = { sizeBytes, storedBytes, ranges, at }
      const before = this.#found.get(name)
      if (before === undefined) this.#found.set(name, [found])
      else before.push(found)
      this.#count++
    }
    this.#next = await this.#stretches.advance(at, Math.ceil(storedBytes / blockBytes) * blockBytes)
  }
}
