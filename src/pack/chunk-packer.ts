/** Packs one chunk at a time: for a worker thread, or for a job that says everything. */

import fs from 'node:fs'
import zlib from 'node:zlib'
import { compressor } from '../compress/compress.ts'
import type { Compressor } from '../compress/compress-stream.ts'
import { type EncryptionKeys, encryptBytes } from '../crypto/encrypt.ts'
import { asButcherError } from '../errors.ts'
import { renameDurably, writeAll } from '../files/durable.ts'
import type { Compression } from '../format/layout.ts'
import { formatLine, type ManifestLine } from '../format/manifest.ts'
import { manifestHeader } from '../format/manifest-header.ts'
import { pace } from '../progress.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { PackItem } from './item.ts'
import { packItem } from './pack-item.ts'
import { type RawFile, PieceReader } from './piece-source.ts'
import type { ChunkOrder, ItemResult } from './protocol.ts'
import type { RunningHash } from './running-hash.ts'
import { SeenContents } from './seen-contents.ts'
import type { SourceTree } from '../format/source-tree.ts'

export interface PackerSetup {
  readonly source: SourceTree
  /** The source is this one file. */
  readonly raw: RawFile | undefined
  readonly hash: 'sha256' | 'sha512'
  readonly jobs: number
  readonly keys: EncryptionKeys | undefined
  /** The keys of the journal's record. */
  readonly recordKeys: EncryptionKeys | undefined
  readonly seen: SharedArrayBuffer
  /** Nothing is known of the other parts of a file. */
  readonly isAlone: boolean
  readonly isStopped: () => boolean
  readonly onProgress: (bytes: number, files: number) => void
}

/** The items that are done, from the front. */
export interface Added {
  readonly packed: number
  /** The items that are not simply stored, by their index. */
  readonly results: ReadonlyMap<number, ItemResult>
  readonly bytes: number
}

export interface Sealed {
  readonly bytes: number
  readonly sha256: string
  /** The lines of the manifest, and the one that says that the chunk is stored. */
  readonly record: Buffer
}

interface OpenChunk {
  readonly order: ChunkOrder
  readonly writer: ChunkWriter
  /** Manifest lines, joined into larger pieces. */
  readonly manifest: Buffer[]
  lines: string
  manifestBytes: number
}

const progressEveryMs = 150

export class ChunkPacker {
  readonly #setup: PackerSetup
  readonly #compressors = new Map<Compression, Compressor>()
  readonly #running = new Map<number, RunningHash>()
  readonly #seen: SeenContents
  readonly pieces: PieceReader
  #open: OpenChunk | undefined

  constructor(setup: PackerSetup) {
    this.#setup = setup
    this.#seen = new SeenContents(setup.seen)
    this.pieces = new PieceReader(setup.source, setup.raw)
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  get manifestBytes(): number {
    return this.#open?.manifestBytes ?? 0
  }

  async open(order: ChunkOrder): Promise<void> {
    const writer = await ChunkWriter.open({
      file: order.newPath,
      compressor: this.#compressorFor(order.compression),
      parallelism: order.parallelism,
      keys: this.#setup.keys,
    })
    this.#open = { order, writer, manifest: [], lines: '', manifestBytes: 0 }
    this.#seen.beginChunk()
    this.#addLines(order.head)
  }

  async add(items: Iterable<PackItem>): Promise<Added> {
    const { order, writer } = this.#open as OpenChunk
    const { source, hash, isAlone, isStopped, onProgress } = this.#setup
    let readOfItem = 0
    let bytes = 0
    let files = 0
    const isDue = pace(progressEveryMs)
    isDue(true)
    const progress = (): void => {
      onProgress(bytes, files)
      bytes = files = 0
    }
    const context = {
      source,
      hash,
      isAlone,
      backup: order.backup,
      chunk: order.chunk,
      writer,
      seen: this.#seen,
      running: this.#running,
      pieces: this.pieces,
      onRead: (read: number): void => {
        readOfItem += read
        bytes += read
        if (isDue()) progress()
      },
      addLines: (lines: readonly ManifestLine[]): void => this.#addLines(lines),
    }
    const results = new Map<number, ItemResult>()
    let packed = 0
    let allBytes = 0
    for (const item of items) {
      if (isStopped()) break
      readOfItem = 0
      const result = await packItem(context, item)
      if (result.outcome !== 'stored' || result.message !== undefined || result.partial === true)
        results.set(packed, result)
      packed++
      allBytes += result.bytes
      bytes += result.bytes - readOfItem
      files++
      if (isDue()) progress()
    }
    progress()
    return { packed, results, bytes: allBytes }
  }

  /** The exact stored size so far. */
  flush(): Promise<number> {
    return (this.#open as OpenChunk).writer.flush()
  }

  /** Adds the manifest, syncs and renames the chunk, then writes its journal record in the same way. */
  async seal(lines: readonly ManifestLine[]): Promise<Sealed> {
    const { order, writer, manifest } = this.#open as OpenChunk
    this.#addLines(lines)
    flushLines(this.#open as OpenChunk)
    const body = Buffer.concat(manifest)
    manifest.length = 0
    await writer.add(manifestHeader(order.chunk, body.length), body)
    const { bytes, sha256 } = await writer.finish()
    const { chunk, disc, name, backup } = order
    const stored = formatLine({ t: 'stored', chunk, disc, name, bytes, sha256, backup })
    const record = Buffer.concat([body, Buffer.from(stored)])
    try {
      renameDurably(order.newPath, order.finalPath)
    } catch (error) {
      throw asButcherError(error, 'cannot write', order.finalPath)
    }
    try {
      await writeRecord(order, record, this.#setup.recordKeys)
    } catch (error) {
      throw asButcherError(error, 'cannot write', order.journalPath)
    }
    this.#open = undefined
    return { bytes, sha256, record }
  }

  /** If the destination is gone or read-only, the next run removes the file. */
  async drop(): Promise<void> {
    const chunk = this.#open
    this.#open = undefined
    await chunk?.writer.drop().catch(() => {})
  }

  #compressorFor(compression: Compression): Compressor {
    let found = this.#compressors.get(compression)
    if (!found) this.#compressors.set(compression, (found = compressor(compression, this.#setup.jobs)))
    return found
  }

  #addLines(lines: readonly ManifestLine[]): void {
    const chunk = this.#open as OpenChunk
    const text = lines.map(formatLine).join('')
    chunk.lines += text
    chunk.manifestBytes += Buffer.byteLength(text)
    if (chunk.lines.length > 65_536) flushLines(chunk)
  }
}

function flushLines(chunk: OpenChunk): void {
  chunk.manifest.push(Buffer.from(chunk.lines))
  chunk.lines = ''
}

const fastest = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }

async function writeRecord(
  order: ChunkOrder,
  record: Buffer,
  keys: EncryptionKeys | undefined,
): Promise<void> {
  const compressed = zlib.zstdCompressSync(record, fastest)
  const bytes = keys ? await encryptBytes(keys, compressed) : compressed
  const fd = fs.openSync(order.newJournalPath, 'w', 0o644)
  try {
    writeAll(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  renameDurably(order.newJournalPath, order.journalPath)
}
