/** Moves the live contents of chunks into new chunks, so that the old ones can be removed. */

import { createHash } from 'node:crypto'
import path from 'node:path'
import { manifestApplier } from '../catalog/apply-manifest.ts'
import { type MovedMember, movedMembers, recordMoved } from '../catalog/moved-contents.ts'
import { type ChunkRow, manifestHead, rootLines } from '../catalog/set-rows.ts'
import { highest } from '../catalog/working-catalog.ts'
import { openChunk } from '../chunk/open-chunk.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError, throwIfAborted } from '../errors.ts'
import type { Report } from '../events.ts'
import { ContentHash } from '../files/content-hash.ts'
import { chunkFolder, type Compression, discFolder, parseChunkFile } from '../format/layout.ts'
import { type ChunkLine, type DiscLine, formatLine, type RootLine } from '../format/manifest.ts'
import { manifestHeader } from '../format/manifest-header.ts'
import { showPath } from '../format/path-text.ts'
import { type TarMember, TarReader, type TarSink } from '../format/read-tar.ts'
import { formatSparseMap } from '../format/sparse-map.ts'
import { tarHeader, type TarHeader, tarMemberBytes } from '../format/tar-header.ts'
import { holdFile } from '../media/away-files.ts'
import { bytesOf } from '../media/disc-files.ts'
import { ExtraChunk, type ExtraChunkOptions } from './extra-chunk.ts'

export interface RewriteOptions extends ExtraChunkOptions {
  readonly secrets: OpenedSecrets
  /** The most bytes of members in a new chunk. */
  readonly chunkSizeBytes: number
  /** The number of the first new chunk. */
  readonly number: number
  /** The line of the disc. */
  readonly own: DiscLine
  readonly report: Report
  /** Called with each new chunk, once the catalog has it. */
  readonly send: (chunk: ChunkRow) => Promise<void>
}

/**
 * Copies the members that `noteMoves` has noted out of `chunks`. The catalog then has them in new chunks, on
 * the medium. Returns them. Throws `damaged` if an old chunk is not as it was stored, and errors of
 * `ExtraChunk`. After an error, new chunks are leftovers.
 */
export async function rewriteChunks(
  options: RewriteOptions,
  chunks: readonly ChunkRow[],
): Promise<readonly ChunkRow[]> {
  if (chunks.length === 0) return []
  const totalBytes = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  options.report({ type: 'stage', stage: 'rewrite', totalBytes })
  let bytes = 0
  const target = new Target(options)
  try {
    // Those of one compression follow each other, so that they fill chunks.
    const byCompression = chunks.toSorted(
      (a, b) => compressionOf(a).localeCompare(compressionOf(b)) || a.number - b.number,
    )
    for (const chunk of byCompression) {
      await copyMembers(options, chunk, target)
      bytes += chunk.bytes
      options.report({ type: 'progress', stage: 'rewrite', bytes, files: 0, totalBytes })
    }
    await target.finish()
    return target.done
  } catch (error) {
    await target.drop()
    throw error
  }
}

const compressionOf = ({ name }: ChunkRow): Compression => parseChunkFile(name)?.compression ?? 'bz2'

/** The new chunks, one after the other. */
class Target {
  readonly #options: RewriteOptions
  #open: ExtraChunk | undefined
  #bytes = 0
  #moved: MovedMember[] = []
  readonly done: ChunkRow[] = []

  constructor(options: RewriteOptions) {
    this.#options = options
  }

  /** The chunk that takes this member. */
  async begin(header: TarHeader, compression: Compression): Promise<ExtraChunk> {
    const bytes = tarMemberBytes(header)
    const isFull = this.#bytes > 0 && this.#bytes + bytes > this.#options.chunkSizeBytes
    if (isFull || this.#open?.compression !== compression) await this.finish()
    if (this.#open === undefined) {
      this.#open = await ExtraChunk.open(this.#options, this.#options.number + this.done.length, compression)
    }
    this.#bytes += bytes
    return this.#open
  }

  note(member: MovedMember): void {
    this.#moved.push(member)
  }

  async finish(): Promise<void> {
    const chunk = this.#open
    if (chunk === undefined) return
    const { set, disc, own, send } = this.#options
    const [first, ...head] = manifestHead(set.db, set.setId, rootLines(set.db).at(-1) as RootLine)
    const line = { ...(first as ChunkLine), chunk: chunk.number, disc, backup: highest(set.db, 'backup') }
    const manifest = Buffer.from([line, ...head, own].map(formatLine).join(''))
    await chunk.writer.add(manifestHeader(chunk.number, manifest.length), manifest)
    const row = await chunk.finish()
    this.#open = undefined
    const { number, ...stored } = row
    manifestApplier(set.db)({ t: 'stored', chunk: number, ...stored })
    recordMoved(set.db, row.number, this.#moved)
    this.#moved = []
    this.#bytes = 0
    this.done.push(row)
    await send(row)
  }

  async drop(): Promise<void> {
    await this.#open?.drop()
    this.#open = undefined
  }
}

/** Reads an old chunk once, and writes its members that move. */
async function copyMembers(options: RewriteOptions, chunk: ChunkRow, target: Target): Promise<void> {
  const { set, destination, secrets, jobs, signal } = options
  const wanted = movedMembers(set.db, chunk.number)
  const file = path.join(destination, discFolder(chunk.disc), chunkFolder, chunk.name)
  const named = parseChunkFile(chunk.name)
  if (named === undefined) throw damaged(file, 'its name is that of no chunk')
  const release = await holdFile(file, signal)
  try {
    await checkStored(file, chunk, signal)
    const found = new FoundMembers(wanted)
    const stored = { file, named, bytes: bytesOf(file, chunk.bytes) }
    const copy = new MemberCopy(target, named.compression, set.hash, wanted)
    for await (const _ of openChunk(stored, new TarReader(found), { secrets, threads: jobs, signal })) {
      throwIfAborted(signal)
      for (const event of found.events.splice(0)) await copy.take(event)
      if (wanted.size === 0) return
    }
  } finally {
    release()
  }
  throw damaged(file, 'it lacks contents that the catalog has in it')
}

/** What a chunk gives is trusted if its file is the one that was stored. */
async function checkStored(file: string, { bytes, sha256 }: ChunkRow, signal?: AbortSignal): Promise<void> {
  const hash = createHash('sha256')
  let read = 0
  for await (const piece of bytesOf(file)) {
    throwIfAborted(signal)
    hash.update(piece)
    read += piece.length
  }
  if (read !== bytes || hash.digest('hex') !== sha256)
    throw damaged(file, 'its SHA-256 is not the one in the catalog')
}

const damaged = (file: string, why: string): ButcherError =>
  new ButcherError('damaged', `cannot move the files out of ${showPath(file)}: ${why}`, {
    path: file,
    hint: 'butcher verify tells which files are lost; butcher repair may bring them back',
  })

type Event =
  | { readonly type: 'begin'; readonly member: MovedMember; readonly found: TarMember }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'hole'; readonly length: number }
  | { readonly type: 'end' }

/** Keeps what a reader finds in a piece of a tar until it is written. */
class FoundMembers implements TarSink {
  readonly events: Event[] = []
  readonly #wanted: ReadonlyMap<string, MovedMember>

  constructor(wanted: ReadonlyMap<string, MovedMember>) {
    this.#wanted = wanted
  }

  begin(found: TarMember): boolean {
    const member = this.#wanted.get(found.name)
    if (member === undefined || !found.isFile || found.sizeBytes !== member.size) return false
    this.events.push({ type: 'begin', member, found })
    return true
  }

  data(bytes: Uint8Array): void {
    this.events.push({ type: 'data', bytes })
  }

  hole(length: number): void {
    this.events.push({ type: 'hole', length })
  }

  end(): void {
    this.events.push({ type: 'end' })
  }
}

interface OpenMember {
  readonly member: MovedMember
  readonly header: TarHeader
  readonly chunk: ExtraChunk
  readonly hash: ContentHash
}

/** Writes members to the new chunks, and proves each by its hash. */
class MemberCopy {
  readonly #target: Target
  readonly #compression: Compression
  readonly #algorithm: string
  readonly #wanted: Map<string, MovedMember>
  #open: OpenMember | undefined

  constructor(target: Target, compression: Compression, algorithm: string, wanted: Map<string, MovedMember>) {
    this.#target = target
    this.#compression = compression
    this.#algorithm = algorithm
    this.#wanted = wanted
  }

  async take(event: Event): Promise<void> {
    if (event.type === 'begin') return this.#begin(event.member, event.found)
    const { chunk, hash, member, header } = this.#open as OpenMember
    if (event.type === 'data') {
      hash.update(event.bytes)
      await chunk.writer.write(event.bytes)
    } else if (event.type === 'hole') hash.zeros(event.length)
    else {
      chunk.writer.end(header)
      // A file that changed while it was read has a wrong member, and a right one of the same name behind it.
      if (!hash.digest().equals(member.hash)) return
      this.#wanted.delete(member.member)
      this.#target.note(member)
    }
  }

  async #begin(member: MovedMember, found: TarMember): Promise<void> {
    const map = found.ranges && formatSparseMap(found.ranges, member.size)
    const header = tarHeader({
      ...member.facts,
      name: member.name,
      type: 'file',
      size: found.storedBytes + (map?.length ?? 0),
      ...(map ? { sparseSize: member.size } : {}),
    })
    const chunk = await this.#target.begin(header, this.#compression)
    this.#open = { member, header, chunk, hash: new ContentHash(this.#algorithm) }
    chunk.writer.begin(header)
    if (map) await chunk.writer.write(map)
  }
}
