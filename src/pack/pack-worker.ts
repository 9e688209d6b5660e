/** A worker thread: hashes files, and writes one chunk at a time. */

import { parentPort, workerData } from 'node:worker_threads'
import { ButcherError, systemText } from '../errors.ts'
import { hashOpenFile } from '../files/content-hash.ts'
import { endPrograms } from '../programs/run-program.ts'
import { pace } from '../progress.ts'
import { toPlain } from '../threads/plain-error.ts'
import type { ManifestLine } from '../format/manifest.ts'
import { ChunkPacker } from './chunk-packer.ts'
import { type ItemBatch, itemsOf } from './item-batch.ts'
import type { FromWorker, HashOrder, ToWorker, WorkerSetup } from './protocol.ts'
import { probeContent } from './probe-content.ts'
import { ofSameFile } from './source-file.ts'

const setup = workerData as WorkerSetup
const port = parentPort as NonNullable<typeof parentPort>

const send = (message: FromWorker): void => port.postMessage(message)

const progressEveryMs = 150

const isStopped = (): boolean => Atomics.load(setup.stop, 0) !== 0

const packer = new ChunkPacker({
  ...setup,
  recordKeys: setup.keys,
  isAlone: false,
  isStopped,
  onProgress: (bytes, files) => send({ did: 'progress', bytes, files }),
})

async function add(items: ItemBatch, flush: boolean): Promise<void> {
  const added = await packer.add(itemsOf(items))
  const storedBytes = flush ? await packer.flush() : 0
  send({ did: 'add', ...added, flushed: flush, storedBytes, manifestBytes: packer.manifestBytes })
}

async function seal(lines: readonly ManifestLine[]): Promise<void> {
  const { bytes, sha256, record } = await packer.seal(lines)
  const whole = record.buffer.byteLength === record.length ? [record.buffer as ArrayBuffer] : []
  port.postMessage({ did: 'seal', bytes, sha256, manifest: record } satisfies FromWorker, whole)
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
    const opened = await packer.pieces.open(file)
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
      return packer.open(message.order)
    case 'add':
      return packer.isOpen ? add(message.items, message.flush) : undefined
    case 'seal':
      return packer.isOpen ? seal(message.lines) : undefined
    case 'drop':
      await packer.drop()
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
  await packer.drop()
  send({ did: 'fail', error: toPlain(error instanceof ButcherError ? error : fault(error)) })
}

function fault(cause: unknown): ButcherError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ButcherError('internal', `packing failed: ${why}`, { cause })
}
