/** Reads a file that is stored in pieces, in a worker thread. */

import fs from 'node:fs'
import { findHoles } from '../files/holes.ts'
import { pieceBytes } from '../format/piece.ts'
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
  readonly close: () => void
}

/** Opens a regular file below the source. */
export function openFilePieces(source: string, file: FileIdentity & { readonly path: string }): PieceSource {
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

export function readFully(fd: number, into: Buffer, position: number): number {
  let done = 0
  while (done < into.length) {
    const read = fs.readSync(fd, into, done, into.length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** Reads single pieces, from the file that it read last as long as that is the same. */
export class PieceReader {
  readonly #source: string
  readonly #bytes = Buffer.allocUnsafeSlow(pieceBytes)

  constructor(source: string) {
    this.#source = source
  }

  /** Fewer bytes if the file ends. Valid until the next call. */
  async read(path: string, offset: number, length: number): Promise<Buffer> {
    const fd = openFile(this.#source, path)
    try {
      const into = this.#bytes.subarray(0, length)
      return into.subarray(0, readFully(fd, into, offset))
    } finally {
      fs.closeSync(fd)
    }
  }
}
