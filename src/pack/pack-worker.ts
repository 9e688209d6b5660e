/** A worker thread: hashes files, and writes one chunk at a time. */

import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import zlib from 'node:zlib'
import { compressor } from '../compress/compress.ts'
import type { Compressor } from '../compress/compress-stream.ts'
import { encryptBytes } from '../crypto/encrypt.ts'
import { asButcherError, ButcherError, systemText } from '../errors.ts'
import { hashOpenFile } from '../files/content-hash.ts'
import { renameDurably, writeAll } from '../files/durable.ts'
import type { Compression } from '../format/layout.ts'
import { formatLine, type ManifestLine } from '../format/manifest.ts'
import { manifestHeader } from '../format/manifest-header.ts'
import { endPrograms } from '../programs/run-program.ts'
import { pace } from '../progress.ts'
import { toPlain } from '../threads/plain-error.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { type ItemBatch, itemsOf } from './item-batch.ts'
import { packItem } from './pack-item.ts'
import type { ChunkOrder, FromWorker, HashOrder, ItemResult, ToWorker, WorkerSetup } from './protocol.ts'
import { PieceReader } from './piece-source.ts'
import { probeContent } from './probe-content.ts'
import type { RunningHash } from './running-hash.ts'
import { SeenContents } from './seen-contents.ts'
import { ofSameFile } from './source-file.ts'

const setup = workerData as WorkerSetup
const port = parentPort as NonNullable<typeof parentPort>
const compressors = new Map<Compression, Compressor>()
const running = new Map<number, RunningHash>()
const seen = new SeenContents(setup.seen)
const pieceReader = new PieceReader(setup.source, setup.raw)

interface OpenChunk {
  readonly order: ChunkOrder
  readonly writer: ChunkWriter
  /** Manifest lines, joined into larger pieces. */
  readonly manifest: Buffer[]
  lines: string
  manifestBytes: number
}
let open: OpenChunk | undefined

const send = (message: FromWorker): void => port.postMessage(message)

const compressorFor = (compression: Compression): Compressor => {
  let found = compressors.get(compression)
  if (!found) compressors.set(compression, (found = compressor(compression, setup.jobs)))
  return found
}

async function openChunk(order: ChunkOrder): Promise<void> {
  const writer = await ChunkWriter.open({
    file: order.newPath,
    compressor: compressorFor(order.compression),
    parallelism: order.parallelism,
    keys: setup.keys,
  })
  open = { order, writer, manifest: [], lines: '', manifestBytes: 0 }
  seen.beginChunk()
  addLines(order.head)
}

function addLines(lines: readonly ManifestLine[]): void {
  const chunk = open as OpenChunk
  const text = lines.map(formatLine).join('')
  chunk.lines += text
  chunk.manifestBytes += Buffer.byteLength(text)
  if (chunk.lines.length > 65_536) flushLines(chunk)
}

function flushLines(chunk: OpenChunk): void {
  chunk.manifest.push(Buffer.from(chunk.lines))
  chunk.lines = ''
}

const progressEveryMs = 150

const isStopped = (): boolean => Atomics.load(setup.stop, 0) !== 0

async function add(items: ItemBatch, flush: boolean): Promise<void> {
  const { order, writer } = open as OpenChunk
  const context = {
    source: setup.source,
    hash: setup.hash,
    backup: order.backup,
    chunk: order.chunk,
    writer,
    seen,
    running,
    pieces: pieceReader,
    onRead: (read: number): void => {
      readOfItem += read
      bytes += read
      if (isDue()) progress()
    },
    addLines,
  }
  const results = new Map<number, ItemResult>()
  let index = 0
  let allBytes = 0
  let bytes = 0
  let files = 0
  let readOfItem = 0
  const isDue = pace(progressEveryMs)
  isDue(true)
  const progress = (): void => {
    send({ did: 'progress', bytes, files })
    bytes = files = 0
  }
  for (const item of itemsOf(items)) {
    if (isStopped()) break
    readOfItem = 0
    const result = await packItem(context, item)
    if (result.outcome !== 'stored' || result.message !== undefined || result.partial === true)
      results.set(index, result)
    index++
    allBytes += result.bytes
    bytes += result.bytes - readOfItem
    files++
    if (isDue()) progress()
  }
  progress()
  const storedBytes = flush ? await writer.flush() : 0
  send({
    did: 'add',
    packed: index,
    results,
    bytes: allBytes,
    flushed: flush,
    storedBytes,
    manifestBytes: (open as OpenChunk).manifestBytes,
  })
}

/** Adds the manifest, syncs and renames the chunk, then writes its journal record in the same way. */
async function seal(lines: readonly ManifestLine[]): Promise<void> {
  const { order, writer, manifest } = open as OpenChunk
  addLines(lines)
  flushLines(open as OpenChunk)
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
    await writeJournal(order, record)
  } catch (error) {
    throw asButcherError(error, 'cannot write', order.journalPath)
  }
  open = undefined
  const whole = record.buffer.byteLength === record.length ? [record.buffer as ArrayBuffer] : []
  port.postMessage({ did: 'seal', bytes, sha256, manifest: record } satisfies FromWorker, whole)
}

const fastest = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }

async function writeJournal(order: ChunkOrder, record: Buffer): Promise<void> {
  const compressed = zlib.zstdCompressSync(record, fastest)
  const bytes = setup.keys ? await encryptBytes(setup.keys, compressed) : compressed
  const fd = fs.openSync(order.newJournalPath, 'w', 0o644)
  try {
    writeAll(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  renameDurably(order.newJournalPath, order.journalPath)
}

/** If the destination is gone or read-only, the next run removes the file. */
async function drop(): Promise<void> {
  const chunk = open
  open = undefined
  await chunk?.writer.drop().catch(() => {})
}

function hash(files: readonly HashOrder[], probe: boolean): void {
  let [bytes, done] = [0, 0]
  const isDue = pace(progressEveryMs)
  isDue(true)
  const onBytes = (read: number): void => {
    bytes += read
    if (probe || !isDue()) return
    send({ did: 'progress', bytes, files: done })
    ;[bytes, done] = [0, 0]
  }
  const digests = files.map((file) => {
    const { seq } = file
    done++
    try {
      const digest = probe
        ? ofSameFile(setup.source, file, probeContent)
        : ofSameFile(setup.source, file, (fd) => hashOpenFile(fd, setup.hash, onBytes))
      return digest ? { seq, probe, digest } : { seq, probe }
    } catch {
      return { seq, probe } // packing the file reports the error
    }
  })
  send({ did: 'hash', digests })
}

async function hashInPieces(file: HashOrder): Promise<void> {
  let bytes = 0
  const isDue = pace(progressEveryMs)
  const onBytes = (read: number): void => {
    bytes += read
    if (!isDue()) return
    send({ did: 'progress', bytes, files: 0 })
    bytes = 0
  }
  try {
    const opened = await pieceReader.open(file)
    try {
      const { hashPieces } = await import('./hash-pieces.ts')
      const pieces = await hashPieces(opened, file.size, setup.hash, onBytes, isStopped)
      send({ did: 'pieces', seq: file.seq, pieces })
    } finally {
      await opened.close()
    }
  } catch (error) {
    send({ did: 'pieces', seq: file.seq, pieces: undefined, message: systemText(error) })
  }
}

/** Ignores messages for a chunk that was already dropped because its disk was full. */
async function handle(message: ToWorker): Promise<void> {
  switch (message.do) {
    case 'hash':
      return hash(message.files, message.probe)
    case 'pieces':
      return hashInPieces(message.file)
    case 'open':
      return openChunk(message.order)
    case 'add':
      return open && add(message.items, message.flush)
    case 'seal':
      return open && seal(message.lines)
    case 'drop':
      await drop()
      return send({ did: 'drop' })
  }
}

let turn = Promise.resolve()
port.on('message', (message: ToWorker) => {
  // The current task may wait for a program that does not answer.
  if (message.do === 'drop') void endPrograms()
  turn = turn.then(() => handle(message)).catch(fail)
})

async function fail(error: unknown): Promise<void> {
  await drop()
  send({ did: 'fail', error: toPlain(error instanceof ButcherError ? error : fault(error)) })
}

function fault(cause: unknown): ButcherError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ButcherError('internal', `packing failed: ${why}`, { cause })
}
