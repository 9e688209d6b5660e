/** Reads one chunk once, and restores what the plan wants of it. */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { decompress } from '../compress/decompress.ts'
import { decrypt } from '../crypto/decrypt.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ContentHash } from '../files/content-hash.ts'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { parseChunkFile } from '../format/layout.ts'
import { ContentFile } from './content-file.ts'
import type { Deliverer } from './deliver.ts'
import { hashOf, type MadeFile } from './place.ts'
import type { ChunkRow, PieceRow } from './plan-tables.ts'
import { type TarMember, TarReader } from '../format/read-tar.ts'
import { allowanceOf, maxTrailingBytes } from './chunk-allowance.ts'
import { storedFault, storedBytes } from './stored-file.ts'

export interface ChunkSource {
  readonly chunk: ChunkRow
  readonly file: string
}

export interface ChunkReading {
  readonly plan: Database.Database
  readonly deliverer: Deliverer
  readonly secrets: Secrets
  /** What lbzip2 may take. */
  readonly threads: number
  /** Throws where the run is to stop. */
  readonly checkStop: () => void
}

export interface ChunkOutcome {
  /** Parts that are in their gathering file and right. */
  readonly parts: readonly { readonly content: number; readonly part: number }[]
  /** Contents and parts that did not come out of the chunk, and why. */
  readonly lost: readonly { readonly content: number; readonly part: number; readonly reason: string }[]
  /** What is wrong with the chunk as a whole. */
  readonly damage: string | undefined
}

/**
 * Restores the pieces of a chunk that the plan wants, each checked by its own hash, and stops reading after the last of
 * them. What is damaged is in the outcome. Throws `secret` where the chunk is as it was stored and does not open, and what
 * ends the whole run: no space, say.
 */
export async function restoreChunk(
  reading: ChunkReading,
  { chunk, file }: ChunkSource,
): Promise<ChunkOutcome> {
  const pieces = new PieceSink(reading, chunk.number)
  const stored = createHash('sha256')
  const fault = storedFault(file, chunk.bytes)
  let damage = fault?.words
  if (fault?.readable === false) return pieces.outcome(damage)
  const allowance = allowanceOf(reading.plan, chunk.number)
  let plainBytes = 0
  let trailingBytes = 0
  try {
    const reader = new TarReader(pieces)
    for await (const bytes of plainTar(reading, chunk, file, stored)) {
      reading.checkStop()
      reader.feed(bytes)
      if (pieces.isComplete) return pieces.outcome(damage)
      if (reader.ended) trailingBytes += bytes.length
      if ((plainBytes += bytes.length) > allowance || trailingBytes > maxTrailingBytes + bytes.length) {
        return pieces.outcome('it gives out more than the catalog says is in it')
      }
    }
    if (!stored.digest().equals(chunk.sha256)) damage ??= 'its SHA-256 is not the one in the catalog'
  } catch (error) {
    if (pieces.fatal !== undefined) throw pieces.fatal
    if (error instanceof ButcherError && (error.code === 'aborted' || error.code === 'program')) throw error
    if (isSecret(error) && isAsStored(file, chunk)) throw error
    damage ??= isSecret(error)
      ? 'it is not the file that was stored'
      : error instanceof ButcherError
        ? 'what it holds cannot be read'
        : systemText(error)
  } finally {
    pieces.close()
  }
  return pieces.outcome(damage)
}

function plainTar(
  { secrets, threads }: ChunkReading,
  chunk: ChunkRow,
  file: string,
  stored: Hash,
): AsyncIterable<Uint8Array> {
  const name = parseChunkFile(chunk.name)
  if (name === undefined) throw new ButcherError('damaged', 'the catalog has a name for it that no chunk has')
  const raw = storedBytes(file, chunk.bytes, (bytes) => stored.update(bytes))
  return decompress(name.encrypted ? decrypt(raw, secrets, file) : raw, name.compression, threads)
}

const isSecret = (error: unknown): boolean => error instanceof ButcherError && error.code === 'secret'

function isAsStored(file: string, chunk: ChunkRow): boolean {
  try {
    if (storedFault(file, chunk.bytes) !== undefined) return false
    return hashOf(fs.realpathSync(file), 'sha256').equals(chunk.sha256)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return false
  }
}

/** Takes the wanted members out of a tar as it is read. */
class PieceSink {
  /** What ended the run while a member was written. */
  fatal: unknown
  readonly #plan: Database.Database
  readonly #deliverer: Deliverer
  readonly #chunk: number
  readonly #find: Database.Statement
  readonly #wanted: number
  readonly #done = new Set<number>()
  readonly #parts: { content: number; part: number }[] = []
  readonly #wrong = new Set<number>()
  readonly #checkStop: () => void
  #current: { pieces: PieceRow[]; made: MadeFile; hash: ContentHash; file: ContentFile } | undefined

  constructor({ plan, deliverer, checkStop }: ChunkReading, chunk: number) {
    this.#plan = plan
    this.#deliverer = deliverer
    this.#checkStop = checkStop
    this.#chunk = chunk
    this.#find = plan.prepare(
      'SELECT member, content, part, offset, size, hash FROM piece WHERE chunk = ? AND member = ?',
    )
    const count = 'SELECT count(*) FROM (SELECT DISTINCT content, part FROM piece WHERE chunk = ?)'
    this.#wanted = plan.prepare(count).pluck().get(chunk) as number
  }

  get isComplete(): boolean {
    return this.#done.size === this.#wanted
  }

  readonly begin = (member: TarMember): boolean => {
    if (!member.isFile) return false
    const found = (this.#find.all(this.#chunk, member.name) as PieceRow[]).filter(
      (piece) => !this.#done.has(keyOf(piece)),
    )
    const pieces = found.filter((piece) => piece.size === member.sizeBytes)
    const [first] = pieces
    if (first === undefined) {
      for (const piece of found) this.#wrong.add(keyOf(piece))
      return false
    }
    this.#guard(() => {
      const isPart = first.part > 0
      const made = isPart ? this.#gather(first.content) : this.#deliverer.newFile()
      const hash = new ContentHash(this.#deliverer.placing.hash, this.#checkStop)
      // What a part that was wrong has left may not shine through a hole.
      const withHoles =
        this.#deliverer.hasHoles(first.content) && !fs.existsSync(this.#spoiled(first.content))
      const file = new ContentFile(made.descriptor, isPart ? first.offset : 0, withHoles)
      this.#current = { pieces, made, hash, file }
      const { size } = this.#deliverer.content(first.content)
      if (withHoles && !isResized(made.descriptor, size)) this.close()
    })
    if (this.#current === undefined) for (const piece of pieces) this.#wrong.add(keyOf(piece))
    return this.#current !== undefined
  }

  /** Stands beside the file that parts are gathered in once a wrong one was written to it. */
  #spoiled(content: number): string {
    return `${this.#deliverer.gatheringFile(content)}-spoiled`
  }

  readonly data = (bytes: Uint8Array): void => {
    const current = this.#current
    if (current === undefined) return
    current.hash.update(bytes)
    this.#guard(() => current.file.write(bytes))
  }

  readonly hole = (length: number): void => {
    const current = this.#current
    if (current === undefined) return
    current.hash.zeros(length)
    this.#guard(() => current.file.zeros(length, this.#checkStop))
  }

  readonly end = (): void => {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    this.#guard(() => {
      const digest = current.hash.digest()
      const right = current.pieces.find((piece) => digest.equals(piece.hash))
      if (right === undefined) {
        for (const piece of current.pieces) this.#wrong.add(keyOf(piece))
        this.#drop(current)
        return
      }
      this.#done.add(keyOf(right))
      if (right.part === 0) {
        this.#deliverer.deliver(this.#deliverer.content(right.content), current.made)
      } else {
        fs.closeSync(current.made.descriptor)
        this.#parts.push({ content: right.content, part: right.part })
      }
    })
  }

  /** Drops what was being written when the reading ended. */
  close(): void {
    const current = this.#current
    this.#current = undefined
    if (current !== undefined) this.#drop(current)
  }

  #gather(content: number): MadeFile {
    const file = this.#deliverer.gatheringFile(content)
    return { path: file, descriptor: fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o600) }
  }

  /** What other parts have put into a gathering file stays. */
  #drop({ made, pieces }: { made: MadeFile; pieces: readonly PieceRow[] }): void {
    fs.closeSync(made.descriptor)
    const [first] = pieces
    if (first?.part === 0) fs.rmSync(made.path, { force: true })
    else if (first !== undefined && this.fatal === undefined)
      fs.closeSync(fs.openSync(this.#spoiled(first.content), 'w', 0o600))
  }

  outcome(damage: string | undefined): ChunkOutcome {
    const lost: { content: number; part: number; reason: string }[] = []
    if (!this.isComplete) {
      const all = this.#plan.prepare('SELECT DISTINCT content, part FROM piece WHERE chunk = ?')
      for (const piece of all.iterate(this.#chunk) as Iterable<PieceRow>) {
        const key = keyOf(piece)
        if (this.#done.has(key)) continue
        const reason = this.#wrong.has(key)
          ? 'its content in the chunk is damaged'
          : 'the chunk does not give it out'
        lost.push({ content: piece.content, part: piece.part, reason })
      }
      damage ??= 'it does not hold all that the catalog says'
    }
    return { parts: this.#parts, lost, damage }
  }

  #guard(doing: () => void): void {
    try {
      doing()
    } catch (error) {
      this.fatal = error
      throw error
    }
  }
}

/** False where no file of the file system can be so long: the catalog may say anything. */
function isResized(descriptor: number, sizeBytes: number): boolean {
  try {
    fs.ftruncateSync(descriptor, sizeBytes)
    return true
  } catch (error) {
    if (systemCode(error) !== 'EFBIG') throw error
    return false
  }
}

/** One number for a content's part: there are at most 99,999 of them. */
const keyOf = (piece: { readonly content: number; readonly part: number }): number =>
  piece.content * 131_072 + piece.part
