/** Writes the chunk of a checkpoint: the structure of the newest backup, and a manifest with all rows. */

import fs from 'node:fs'
import path from 'node:path'
import { checkpointLines } from '../catalog/checkpoint-lines.ts'
import { folderFinder } from '../catalog/previous-entries.ts'
import type { ChunkRow } from '../catalog/set-rows.ts'
import { structureRows } from '../catalog/structure-rows.ts'
import { type Catalog, highest } from '../catalog/working-catalog.ts'
import { compressor } from '../compress/compress.ts'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { renameDurably } from '../files/durable.ts'
import { chunkFile, chunkFolder, type Compression, discFolder } from '../format/layout.ts'
import { type DiscLine, formatLine } from '../format/manifest.ts'
import { manifestHeader } from '../format/manifest-header.ts'
import { memberName } from '../format/member-name.ts'
import { tarHeader } from '../format/tar-header.ts'
import { ChunkWriter } from '../pack/chunk-writer.ts'
import type { OpenSet } from './open-set.ts'

export interface ExtraChunk {
  readonly set: OpenSet
  readonly destination: string
  /** Files are written here before they get their names. */
  readonly stagingDir: string
  readonly disc: number
  /** The number of the chunk: one that was never given out. */
  readonly number: number
  readonly compression: Compression
  readonly jobs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Writes a chunk of the next number. It has no record in the journal: until the catalog has its row, it is
 * the leftover of a stopped run. Throws `io`, `no-space` and `aborted`; then the chunk has no name.
 */
async function writeChunk(
  options: ExtraChunk,
  fill: (writer: ChunkWriter) => Promise<void>,
): Promise<ChunkRow> {
  const { set, destination, stagingDir, disc, number, compression, jobs } = options
  const name = chunkFile(number, compression, set.encrypted)
  const file = path.join(stagingDir, name)
  const final = path.join(destination, discFolder(disc), chunkFolder, name)
  const packer = compressor(compression, jobs)
  try {
    fs.rmSync(file, { force: true })
    const writer = await ChunkWriter.open({ file, compressor: packer, parallelism: jobs, keys: set.keys })
    try {
      await fill(writer)
      const { bytes, sha256 } = await writer.finish()
      renameDurably(file, final)
      return { number, disc, name, bytes, sha256, backup: highest(set.db, 'backup') }
    } catch (error) {
      await writer.drop().catch(() => {})
      throw asButcherError(error, 'cannot write', final)
    }
  } finally {
    await packer.close()
  }
}

/** `own` is the line of the chunk's disc. */
export async function writeCheckpoint(options: ExtraChunk, own: DiscLine): Promise<ChunkRow> {
  const { set, disc, number: chunk, signal } = options
  const { db, setId } = set
  const manifest = path.join(set.tempDir, 'checkpoint.jsonl')
  try {
    writeLines(manifest, checkpointLines(db, { set: setId, chunk, disc }, own), signal)
    return await writeChunk(options, async (writer) => {
      await addStructure(db, writer, signal)
      const { size } = fs.statSync(manifest)
      await writer.addStream(manifestHeader(chunk, size), piecesOf(manifest))
    })
  } finally {
    fs.rmSync(manifest, { force: true })
  }
}

/** Directories, symlinks and FIFOs of the newest backup: older chunks that had them may be gone. */
async function addStructure(
  db: Catalog,
  writer: ChunkWriter,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wasFolder = folderFinder(db)
  for (const { path: name, type, link, ...fields } of structureRows(db)) {
    throwIfAborted(signal)
    if (type === 'symlink' && link?.isWellFormed() !== true) continue
    const isFolder = type === 'dir'
    const member = memberName(name, !isFolder && wasFolder(name))
    await writer.add(
      tarHeader({
        ...fields,
        name: isFolder ? `${member}/` : member,
        type: isFolder ? 'directory' : type,
        size: 0,
        mode: isFolder ? fields.mode | 0o700 : fields.mode,
        ...(type === 'symlink' && link !== null ? { link } : {}),
      }),
    )
  }
}

function writeLines(
  file: string,
  lines: Iterable<Parameters<typeof formatLine>[0]>,
  signal?: AbortSignal,
): void {
  const fd = fs.openSync(file, 'w', 0o600)
  try {
    let text = ''
    for (const line of lines) {
      text += formatLine(line)
      if (text.length < 1 << 20) continue
      throwIfAborted(signal)
      fs.writeFileSync(fd, text)
      text = ''
    }
    fs.writeFileSync(fd, text)
  } catch (error) {
    throw asButcherError(error, 'cannot write', file)
  } finally {
    fs.closeSync(fd)
  }
}

function* piecesOf(file: string): Generator<Uint8Array> {
  const fd = fs.openSync(file, 'r')
  try {
    const piece = Buffer.allocUnsafeSlow(1 << 20)
    for (let read; (read = fs.readSync(fd, piece)) > 0;) yield piece.subarray(0, read)
  } finally {
    fs.closeSync(fd)
  }
}
