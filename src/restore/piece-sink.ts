/** Takes the wanted members out of a chunk's tar while it is read, and installs those whose hash is right. */

import { hash as hashOf } from 'node:crypto'
import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { systemCode } from '../errors.ts'
import { ContentHash } from '../files/content-hash.ts'
import { removeQuietly } from '../files/durable.ts'
import { maxPieces, pieceBytes, pieceFolder } from '../format/piece.ts'
import type { TarMember } from '../format/read-tar.ts'
import type { ResyncSink } from '../format/resync-tar.ts'
import { ContentFile } from './content-file.ts'
import type { FileWriter } from './file-writer.ts'
import type { MadeFile } from './install-file.ts'
import { putOntoDisk } from './onto-disk.ts'
import { keepForSalvage } from './salvage.ts'
import type { PieceRow } from './plan-tables.ts'
import type { ChunkOutcome, ChunkReading } from './chunk-reading.ts'

export class PieceSink implements ResyncSink {
  /** The error that ended the run while a member was written. */
  fatal: unknown
  readonly #plan: Database.Database
  readonly #fileWriter: FileWriter
  readonly #chunk: number
  readonly #find: Database.Statement
  readonly #wanted: number
  readonly #done = new Set<number>()
  readonly #parts: { content: number; part: number }[] = []
  readonly #wrong = new Set<number>()
  readonly #checkStop: () => void
  #current: { pieces: PieceRow[]; made: MadeFile; hash: ContentHash; file: ContentFile } | undefined
  #buffered: { readonly pieces: PieceRow[]; readonly bytes: Buffer; length: number } | undefined

  constructor({ plan, fileWriter, checkStop }: ChunkReading, chunk: number) {
    this.#plan = plan
    this.#fileWriter = fileWriter
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

  /** How many of the wanted pieces are read. */
  get doneCount(): number {
    return this.#done.size
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
    if (member.name.startsWith(`${pieceFolder}/`) && first.size <= pieceBytes) {
      this.#buffered = { pieces, bytes: Buffer.alloc(first.size), length: 0 }
      return true
    }
    this.#guard(() => {
      const isPart = first.part > 0
      const made = isPart ? this.#gather(first.content) : this.#fileWriter.newFile()
      const hash = new ContentHash(this.#fileWriter.placing.hash, this.#checkStop)
      // The bytes of an earlier, wrong part must not remain where this part has a hole.
      const withHoles =
        this.#fileWriter.hasHoles(first.content) && !fs.existsSync(this.#spoiled(first.content))
      const file = new ContentFile(made.descriptor, isPart ? first.offset : 0, withHoles)
      this.#current = { pieces, made, hash, file }
      if (withHoles && !isResized(made.descriptor, this.#fileWriter.content(first.content).size)) this.close()
    })
    if (this.#current === undefined) for (const piece of pieces) this.#wrong.add(keyOf(piece))
    return this.#current !== undefined
  }

  /** Marker: a part with a wrong hash was written into this gathering file. */
  #spoiled(content: number): string {
    return `${this.#fileWriter.gatheringFile(content)}-spoiled`
  }

  readonly data = (bytes: Uint8Array): void => {
    const current = this.#current
    if (current === undefined) return this.#buffer(bytes)
    current.hash.update(bytes)
    this.#guard(() => current.file.write(bytes))
  }

  readonly hole = (length: number): void => {
    const current = this.#current
    if (current === undefined) return this.#buffer(Buffer.alloc(Math.min(length, pieceBytes)))
    current.hash.zeros(length)
    this.#guard(() => current.file.zeros(length, this.#checkStop))
  }

  readonly end = (): void => {
    const current = this.#current
    if (current === undefined) return this.#placePiece()
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
        this.#fileWriter.writeTargets(this.#fileWriter.content(right.content), current.made)
      } else {
        fs.closeSync(current.made.descriptor)
        this.#parts.push({ content: right.content, part: right.part })
      }
    })
  }

  /** Drops the member that was being written when the reading ended. */
  close(): void {
    this.cut()
  }

  readonly isWanted = (name: string, sizeBytes: number | undefined): boolean =>
    (this.#find.all(this.#chunk, name) as PieceRow[]).some(
      (piece) => piece.size === sizeBytes && !this.#done.has(keyOf(piece)),
    )

  readonly cut = (): void => {
    const current = this.#current
    this.#current = undefined
    this.#buffered = undefined
    if (current !== undefined) this.#drop(current)
  }

  #buffer(bytes: Uint8Array): void {
    const buffered = this.#buffered
    if (buffered === undefined) return
    buffered.bytes.set(bytes.subarray(0, buffered.bytes.length - buffered.length), buffered.length)
    buffered.length = Math.min(buffered.bytes.length, buffered.length + bytes.length)
  }

  /** Writes a piece to all its places: equal pieces of several contents are one member. */
  #placePiece(): void {
    const buffered = this.#buffered
    if (buffered === undefined) return
    this.#buffered = undefined
    this.#checkStop()
    this.#guard(() => {
      const { pieces, bytes, length } = buffered
      const { hash, disk } = this.#fileWriter.placing
      const digest = hashOf(hash, bytes, 'buffer')
      for (const piece of pieces) {
        if (length < bytes.length || !digest.equals(piece.hash)) {
          this.#wrong.add(keyOf(piece))
          continue
        }
        if (disk) {
          putOntoDisk(disk, bytes, piece.offset)
          this.#done.add(keyOf(piece))
          this.#parts.push({ content: piece.content, part: piece.part })
          continue
        }
        const { descriptor } = this.#gather(piece.content)
        try {
          new ContentFile(descriptor, piece.offset, this.#fileWriter.hasHoles(piece.content)).write(bytes)
        } catch (error) {
          if (systemCode(error) !== 'EFBIG') throw error
          this.#wrong.add(keyOf(piece))
          continue
        } finally {
          fs.closeSync(descriptor)
        }
        this.#done.add(keyOf(piece))
        this.#parts.push({ content: piece.content, part: piece.part })
      }
    })
  }

  #gather(content: number): MadeFile {
    const file = this.#fileWriter.gatheringFile(content)
    return { path: file, descriptor: fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o600) }
  }

  /** Other parts in the gathering file stay. */
  #drop({ made, pieces }: { made: MadeFile; pieces: readonly PieceRow[] }): void {
    fs.closeSync(made.descriptor)
    const [first] = pieces
    if (first?.part === 0) {
      const { placing } = this.#fileWriter
      if (placing.salvage && this.fatal === undefined) keepForSalvage(placing, first.content, made.path)
      else removeQuietly(made.path)
    } else if (first !== undefined && this.fatal === undefined)
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
          : 'it cannot be read out of the damaged chunk'
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

/** False if the file system cannot hold a file of this size: the catalog may have any number. */
function isResized(descriptor: number, sizeBytes: number): boolean {
  try {
    fs.ftruncateSync(descriptor, sizeBytes)
    return true
  } catch (error) {
    if (systemCode(error) !== 'EFBIG') throw error
    return false
  }
}

/** One number for a part of a content. */
const keyOf = (piece: { readonly content: number; readonly part: number }): number =>
  piece.content * 2 * maxPieces + piece.part
