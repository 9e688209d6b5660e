/** Takes chunks that workers packed: checks them, then puts them onto their discs and into the journal. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode, systemText } from '../errors.ts'
import { copyDurably, makeFolder, removeFile, syncFolder } from '../files/durable.ts'
import { keepOwner } from '../files/keep-owner.ts'
import { chunkFolder, discFolder, journalFile, parseChunkFile } from '../format/layout.ts'
import { parseLines } from '../format/manifest.ts'
import { type TryFiles, tryFiles } from '../pack/job-files.ts'
import { type PackedChunk, readPacked } from '../pack/packed-chunk.ts'
import type { WorkFolders } from './destination.ts'
import { type JobFolder, manifestKey, removeJob } from './job-folder.ts'

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
  const sum = createHash('sha256')
  let bytes = 0
  try {
    for await (const piece of fs.createReadStream(files.chunk, { highWaterMark: 1 << 20 })) {
      sum.update(piece as Uint8Array)
      bytes += (piece as Uint8Array).length
    }
    if (!fs.existsSync(files.record)) throw new Error('its record is missing')
  } catch (error) {
    throw wrong(systemText(error))
  }
  if (bytes !== packed.bytes) throw wrong(`the chunk has ${bytes} bytes, not ${packed.bytes}`)
  if (sum.digest('hex') !== packed.sha256) throw wrong('the chunk was damaged on its way')
  return { packed, disc: stored.disc, name: stored.name, files }
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
    for (const { packed } of chunks) removeJob(jobs.folder, packed.chunk)
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
