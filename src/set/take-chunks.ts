/** Takes chunks that workers packed: checks them, then puts them onto their discs and into the journal. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode, systemText } from '../errors.ts'
import { copyDurably, makeFolder, removeFile, syncFolder } from '../files/durable.ts'
import { keepOwner } from '../files/keep-owner.ts'
import { chunkFolder, discFolder, journalFile, parseChunkFile } from '../format/layout.ts'
import { parseLines } from '../format/manifest.ts'
import { type TryFiles, tryFiles } from '../pack/job-files.ts'
import { type PackedChunk, readPacked } from '../pack/packed-chunk.ts'
import type { WorkFolders } from './destination.ts'
import { type JobFolder, manifestKey, removeJobs } from './job-folder.ts'

export interface CheckedChunk {
  readonly packed: PackedChunk
  readonly disc: number
  /** The name of the chunk on its disc. */
  readonly name: string
  readonly files: TryFiles
}

/** Reads a try back. Throws `damaged` if it is not whole, or not of this set and chunk. */
export async function checkTry(jobs: JobFolder, chunk: number, attempt: string): Promise<CheckedChunk> {
  const start = tryFiles(jobs.folder, chunk, attempt, 'none', false)
  const packed = readPacked(start.manifest, manifestKey(jobs, chunk))
  const wrong = (why: string): ButcherError =>
    new ButcherError('damaged', `the answer to job ${chunk} of ${packed.host} is wrong: ${why}`, {
      path: start.manifest,
    })
  let head: { readonly set: string; readonly chunk: number } | undefined
  let stored: { chunk: number; disc: number; name: string; bytes: number; sha256: string } | undefined
  for (const line of parseLines(packed.record)) {
    if (line.t === 'chunk') head ??= line
    if (line.t === 'stored') stored = line
  }
  const named = stored && parseChunkFile(stored.name)
  if (head?.set !== jobs.set || head.chunk !== chunk || stored?.chunk !== chunk || named?.chunk !== chunk)
    throw wrong('it is of another chunk')
  if (stored.bytes !== packed.bytes || stored.sha256 !== packed.sha256) throw wrong('its sums differ')
  const files = tryFiles(jobs.folder, chunk, attempt, named.compression, named.encrypted)
  let read: { readonly bytes: number; readonly sha256: string }
  try {
    read = await sumOf(files.chunk)
    if (!fs.existsSync(files.record)) throw new Error('its record is missing')
  } catch (error) {
    throw wrong(systemText(error))
  }
  if (read.bytes !== packed.bytes) throw wrong(`the chunk has ${read.bytes} bytes, not ${packed.bytes}`)
  if (read.sha256 !== packed.sha256) throw wrong('the chunk was damaged on its way')
  return { packed, disc: stored.disc, name: stored.name, files }
}

/** One buffer for the whole file: a stream would make a new one for each piece. */
async function sumOf(file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const sum = createHash('sha256')
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.allocUnsafe(Math.min(1 << 20, size + 1))
    let bytes = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return { bytes, sha256: sum.digest('hex') }
      sum.update(buffer.subarray(0, bytesRead))
      bytes += bytesRead
    }
  } finally {
    await handle.close()
  }
}

/**
 * Each chunk first, then its record: a chunk without a record does not count. Then the jobs are removed, so a
 * worker that counted as lost finds nothing to do. Throws `io`, `no-space`.
 */
export function takeChunks(
  jobs: JobFolder,
  destination: string,
  folders: WorkFolders,
  chunks: readonly CheckedChunk[],
): void {
  const { stagingDir, journal } = folders
  try {
    const changed = new Set<string>()
    for (const { disc, name, files } of chunks) {
      const onDisc = path.join(destination, discFolder(disc), chunkFolder)
      if (!fs.existsSync(onDisc)) {
        makeFolder(path.dirname(onDisc))
        makeFolder(onDisc)
        changed.add(destination).add(path.dirname(onDisc))
      }
      moveInto(files.chunk, path.join(onDisc, name), stagingDir)
      changed.add(onDisc)
    }
    for (const folder of changed) syncFolder(folder)
    for (const { packed, name, files } of chunks)
      moveInto(files.record, path.join(journal, journalFile(packed.chunk, name.endsWith('.gpg'))), stagingDir)
    syncFolder(journal)
    removeJobs(
      jobs.folder,
      chunks.map(({ packed }) => packed.chunk),
    )
  } catch (error) {
    throw asButcherError(error, 'cannot take the chunks of workers into', destination)
  }
}

function moveInto(from: string, to: string, stagingDir: string): void {
  try {
    keepOwner(from, path.dirname(to))
    fs.renameSync(from, to)
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error
    copyDurably(stagingDir, from, to)
    removeFile(from)
  }
}
