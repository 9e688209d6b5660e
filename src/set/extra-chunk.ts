/**
 * A chunk that a prune writes. It has no record in the journal: until the catalog has its row, it is the
 * leftover of a stopped run.
 */

import fs from 'node:fs'
import path from 'node:path'
import type { ChunkRow } from '../catalog/set-rows.ts'
import { highest } from '../catalog/working-catalog.ts'
import { compressor } from '../compress/compress.ts'
import type { Compressor } from '../compress/compress-stream.ts'
import { asButcherError } from '../errors.ts'
import { renameDurably } from '../files/durable.ts'
import { chunkFile, chunkFolder, type Compression, discFolder } from '../format/layout.ts'
import { ChunkWriter } from '../pack/chunk-writer.ts'
import type { OpenSet } from './open-set.ts'

export interface ExtraChunkOptions {
  readonly set: OpenSet
  readonly destination: string
  /** Files are written here before they get their names. */
  readonly stagingDir: string
  readonly disc: number
  readonly jobs: number
  readonly signal: AbortSignal | undefined
}

export class ExtraChunk {
  /** One that was never given out. */
  readonly number: number
  readonly compression: Compression
  readonly writer: ChunkWriter
  readonly #options: ExtraChunkOptions
  readonly #packer: Compressor
  readonly #name: string
  readonly #file: string

  private constructor(
    options: ExtraChunkOptions,
    parts: Pick<ExtraChunk, 'number' | 'compression' | 'writer'> & {
      name: string
      file: string
      packer: Compressor
    },
  ) {
    this.number = parts.number
    this.compression = parts.compression
    this.writer = parts.writer
    this.#options = options
    this.#packer = parts.packer
    this.#name = parts.name
    this.#file = parts.file
  }

  static async open(
    options: ExtraChunkOptions,
    number: number,
    compression: Compression,
  ): Promise<ExtraChunk> {
    const { set, stagingDir, jobs } = options
    const name = chunkFile(number, compression, set.encrypted)
    const file = path.join(stagingDir, name)
    const packer = compressor(compression, jobs)
    try {
      fs.rmSync(file, { force: true })
      const writer = await ChunkWriter.open({ file, compressor: packer, parallelism: jobs, keys: set.keys })
      return new ExtraChunk(options, { number, compression, writer, name, file, packer })
    } catch (error) {
      await packer.close()
      throw asButcherError(error, 'cannot write', file)
    }
  }

  /** Syncs the chunk and gives it its name. Throws `io` and `no-space`; then it has none. */
  async finish(): Promise<ChunkRow> {
    const { set, destination, disc } = this.#options
    const final = path.join(destination, discFolder(disc), chunkFolder, this.#name)
    try {
      const { bytes, sha256 } = await this.writer.finish()
      renameDurably(this.#file, final)
      return { number: this.number, disc, name: this.#name, bytes, sha256, backup: highest(set.db, 'backup') }
    } catch (error) {
      throw asButcherError(error, 'cannot write', final)
    } finally {
      await this.#packer.close()
    }
  }

  /** Removes what is written. */
  async drop(): Promise<void> {
    await this.writer.drop().catch(() => {})
    await this.#packer.close()
  }
}
