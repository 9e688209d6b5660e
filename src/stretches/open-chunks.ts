/** Opens chunks where they are found, and goes on to another copy of the disc if one is damaged. */

import { decryptAt } from '../crypto/decrypt-at.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError, systemText } from '../errors.ts'
import { counted } from '../format/counted-text.ts'
import { parseChunkFile } from '../format/layout.ts'
import { IdleFile } from '../media/bytes-at.ts'
import { ChunkMembers } from './chunk-members.ts'
import { ChunkStretches } from './chunk-stretches.ts'
import type { ChunkFacts } from './content-facts.ts'
import type { StretchCache } from './stretch-cache.ts'

export interface OpenedChunk {
  readonly file: string
  readonly stretches: ChunkStretches
  readonly members: ChunkMembers
}

export interface ChunkOptions {
  readonly secrets: OpenedSecrets
  readonly cache: StretchCache
  /** The threads that lbzip2 may use. */
  readonly threads: number
  /** The files that may be the chunk, the best first. None: its disc is missing. */
  readonly filesOf: (chunk: ChunkFacts) => readonly string[]
  /** Takes a trouble with a chunk. The same one may come many times. */
  readonly onTrouble: (chunk: ChunkFacts, file: string | undefined, why: string) => void
}

interface Held extends OpenedChunk {
  readonly packed: IdleFile
}

interface Opening {
  readonly held: Promise<Held>
  /** Once it is open. */
  members?: ChunkMembers
  users: number
}

/** The places of members are remembered for so many chunks, and so many members. */
const mostChunks = 256
const mostMembers = 2_000_000

export class OpenChunks {
  readonly #options: ChunkOptions
  /** By file; the least recently used first. */
  readonly #opened = new Map<string, Opening>()

  constructor(options: ChunkOptions) {
    this.#options = options
  }

  /**
   * Does `work` with the chunk. If it fails, tries the next file of the chunk. Throws the last error:
   * `missing-disc` if there is no file, `damaged`, `secret`, or a system error.
   */
  async use<T>(chunk: ChunkFacts, work: (opened: OpenedChunk) => Promise<T>): Promise<T> {
    let trouble: unknown
    for (const file of this.#options.filesOf(chunk)) {
      try {
        return await this.#useFile(chunk, file, work)
      } catch (error) {
        trouble = error
        this.#options.onTrouble(
          chunk,
          file,
          error instanceof ButcherError ? error.message : systemText(error),
        )
      }
    }
    if (trouble !== undefined) throw trouble
    const missing = `disc ${chunk.disc} is missing`
    this.#options.onTrouble(chunk, undefined, missing)
    throw new ButcherError('missing-disc', missing)
  }

  close(): void {
    for (const opening of this.#opened.values()) close(opening)
    this.#opened.clear()
  }

  async #useFile<T>(chunk: ChunkFacts, file: string, work: (opened: OpenedChunk) => Promise<T>): Promise<T> {
    const opening = this.#opened.get(file) ?? this.#begin(chunk, file)
    this.#opened.delete(file)
    this.#opened.set(file, opening)
    opening.users++
    try {
      return await work(await opening.held)
    } catch (error) {
      // A system error may be over the next time. Then the file may be another one.
      if (!(error instanceof ButcherError) || error.code !== 'damaged') this.#forget(file, opening)
      throw error
    } finally {
      opening.users--
    }
  }

  #begin(chunk: ChunkFacts, file: string): Opening {
    this.#makeRoom()
    const opening: Opening = { held: this.#open(chunk, file), users: 0 }
    opening.held.then(({ members }) => (opening.members = members)).catch(() => {}) // told to the user
    return opening
  }

  async #open(chunk: ChunkFacts, file: string): Promise<Held> {
    const { secrets, cache, threads } = this.#options
    const named = parseChunkFile(chunk.name)
    if (named === undefined)
      throw new ButcherError('damaged', 'the catalog has a name for it that no chunk has')
    const packed = new IdleFile(file)
    try {
      if (packed.sizeBytes !== chunk.bytes) {
        throw new ButcherError(
          'damaged',
          `it has ${counted(packed.sizeBytes, 'byte')} and should have ${chunk.bytes}`,
        )
      }
      const stretches = new ChunkStretches({
        key: `${file} `,
        packed: named.encrypted ? await decryptAt(packed, secrets, file) : packed,
        compression: named.compression,
        cache,
        threads,
      })
      return { file, packed, stretches, members: new ChunkMembers(stretches) }
    } catch (error) {
      packed.close()
      throw error
    }
  }

  #forget(file: string, opening: Opening): void {
    if (this.#opened.get(file) === opening) this.#opened.delete(file)
    close(opening)
  }

  #makeRoom(): void {
    let members = 0
    for (const opening of this.#opened.values()) members += opening.members?.count ?? 0
    for (const [file, opening] of this.#opened) {
      if (this.#opened.size < mostChunks && members < mostMembers) return
      if (opening.users > 0) continue
      members -= opening.members?.count ?? 0
      this.#forget(file, opening)
    }
  }
}

/** Whoever reads it goes on, and closes it. */
const close = ({ held }: Opening): void => void held.then(({ packed }) => packed.close()).catch(() => {})
