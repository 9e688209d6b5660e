/** Writes the chunk of a checkpoint: the structure of the newest backup, and a manifest with all rows. */

import fs from 'node:fs'
import path from 'node:path'
import { checkpointLines } from '../catalog/checkpoint-lines.ts'
import { folderFinder } from '../catalog/previous-entries.ts'
import type { ChunkRow } from '../catalog/set-rows.ts'
import { structureRows } from '../catalog/structure-rows.ts'
import type { PieceListMember } from '../catalog/moved-contents.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { type DiscLine, formatLine } from '../format/manifest.ts'
import { manifestHeader } from '../format/manifest-header.ts'
import { memberName } from '../format/member-name.ts'
import { tarHeader } from '../format/tar-header.ts'
import { pieceListMember } from '../format/piece.ts'
import type { ChunkWriter } from '../pack/chunk-writer.ts'
import { ExtraChunk, type ExtraChunkOptions } from './extra-chunk.ts'

/** `own` is the line of the chunk's disc. */
export async function writeCheckpoint(
  options: ExtraChunkOptions,
  number: number,
  own: DiscLine,
  lists: readonly PieceListMember[],
): Promise<ChunkRow> {
  const { set, disc, signal } = options
  const { db, setId } = set
  const manifest = path.join(set.tempDir, 'checkpoint.jsonl')
  try {
    writeLines(manifest, checkpointLines(db, { set: setId, chunk: number, disc }, own), signal)
    const chunk = await ExtraChunk.open(options, number, 'bz2')
    try {
      const { writer } = chunk
      await addStructure(db, writer, signal)
      for (const { name, text, facts } of lists) {
        const header = { name: pieceListMember(name), type: 'file', size: text.length, ...facts } as const
        await writer.add(tarHeader(header), Buffer.from(text))
      }
      const { size } = fs.statSync(manifest)
      await writer.addStream(manifestHeader(number, size), piecesOf(manifest))
      return await chunk.finish()
    } catch (error) {
      await chunk.drop()
      throw error
    }
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
