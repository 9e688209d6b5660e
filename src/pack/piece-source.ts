/**
 * Reads a file that is stored in pieces, in a worker thread. Code for images is loaded only if one is read:
 * it is half of all that such a thread would load.
 */

import fs from 'node:fs'
import { findHoles } from '../files/holes.ts'
import { pieceBytes } from '../format/piece.ts'
import type { SourceTree } from '../format/source-tree.ts'
import type { DataRange } from '../format/sparse-map.ts'
import { type FileIdentity, identityOf, isSame, openFile } from './source-file.ts'

/** What pieces are read from. Throws the system's errors. */
export interface PieceSource {
  readonly sizeBytes: number
  /** The ranges with data, if they are known: all else is zeros. */
  readonly ranges: readonly DataRange[] | undefined
  /** Fills `into` from `position` on. Returns fewer bytes only at the end. */
  readonly read: (into: Buffer, position: number) => number | Promise<number>
  /** Whether it is still the file that the walk saw. */
  readonly isSame: () => boolean
  readonly close: () => void | Promise<void>
}

/** Opens a regular file below the source. */
function openFilePieces(source: SourceTree, file: FileIdentity & { readonly path: string }): PieceSource {
  const fd = openFile(source, file.path)
  try {
    const stat = fs.fstatSync(fd, { bigint: true })
    const holes = findHoles(fd, stat)
    return {
      sizeBytes: Number(stat.size),
      ranges: typeof holes === 'string' ? undefined : holes,
      read: (into, position) => readFully(fd, into, position),
      isSame: () => {
        const now = fs.fstatSync(fd, { bigint: true })
        return now.isFile() && isSame(identityOf(now), file)
      },
      close: () => fs.closeSync(fd),
    }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

function readFully(fd: number, into: Buffer, position: number): number {
  let done = 0
  while (done < into.length) {
    const read = fs.readSync(fd, into, done, into.length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** A source that is one file: a disk, or an image whose partition is read. */
export interface RawFile {
  readonly kind: 'device' | 'partition'
  readonly path: string
  /** Of a disk in use: the file that is read in its place. */
  readonly copy?: string | undefined
  readonly sizeBytes: number
}

/** Opens a disk or an image. Throws also `damaged`. */
async function openRaw({ kind, path, copy, sizeBytes }: RawFile): Promise<PieceSource> {
  const base = { sizeBytes, ranges: undefined, isSame: () => true }
  if (kind === 'device') {
    const fd = fs.openSync(copy ?? path, fs.constants.O_RDONLY)
    return { ...base, read: (into, at) => readFully(fd, into, at), close: () => fs.closeSync(fd) }
  }
  const { openPartitionImage } = await import('../partition/open-partition-image.ts')
  const image = await openPartitionImage(path)
  const read = async (into: Buffer, at: number): Promise<number> => {
    await image.readAt(at, into)
    return into.length
  }
  return { ...base, read, close: () => image.close() }
}

/** Reads the pieces of the files of one source. */
export class PieceReader {
  readonly #source: SourceTree
  readonly #raw: RawFile | undefined
  readonly #bytes = Buffer.allocUnsafeSlow(pieceBytes)
  /** An image stays open: its index may have taken long to make. */
  #image: Promise<PieceSource> | undefined

  constructor(source: SourceTree, raw: RawFile | undefined) {
    this.#source = source
    this.#raw = raw
  }

  /** Opens the file to hash it. */
  async open(file: FileIdentity & { readonly path: string }): Promise<PieceSource> {
    if (this.#raw === undefined) return openFilePieces(this.#source, file)
    if (this.#raw.kind === 'device') return openRaw(this.#raw)
    this.#image ??= openRaw(this.#raw)
    return { ...(await this.#image), close: () => {} }
  }

  /** Reads one piece: fewer bytes if the file ends. Valid until the next call. */
  async read(path: string, offset: number, length: number): Promise<Buffer> {
    const into = this.#bytes.subarray(0, length)
    if (this.#raw?.kind === 'partition') {
      this.#image ??= openRaw(this.#raw)
      return into.subarray(0, await (await this.#image).read(into, offset))
    }
    const fd = this.#raw
      ? fs.openSync(this.#raw.copy ?? this.#raw.path, fs.constants.O_RDONLY)
      : openFile(this.#source, path)
    try {
      return into.subarray(0, readFully(fd, into, offset))
    } finally {
      fs.closeSync(fd)
    }
  }
}
