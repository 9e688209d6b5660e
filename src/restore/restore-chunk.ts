/** Reads a chunk once and restores the wanted pieces. A damaged chunk is read again, around the damage. */

import { openChunk, openDamagedChunk } from '../chunk/open-chunk.ts'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { parseChunkFile } from '../format/layout.ts'
import { TarReader } from '../format/read-tar.ts'
import { ResyncTar } from '../format/resync-tar.ts'
import { bytesOf } from '../media/disc-files.ts'
import { allowanceOf, maxTrailingBytes } from './chunk-allowance.ts'
import type { ChunkOutcome, ChunkReading, ChunkSource } from './chunk-reading.ts'
import { startOf } from './chunk-start.ts'
import { chunkElsewhere } from './find-chunk.ts'
import { PieceSink } from './piece-sink.ts'
import type { ChunkRow } from './plan-tables.ts'
import { damagedBytes, hashOfStored, storedFault } from './stored-file.ts'

/** A fault of a chunk's file. */
interface Fault {
  readonly words: string
  /** Whether the rest of the damaged file is worth reading. */
  readonly readable: boolean
}

/**
 * Restores the wanted pieces of a chunk, each checked by its hash, and stops reading after the last. If the
 * file is damaged, reads a sound copy from another disc. If there is none, restores every piece with a
 * correct hash. The outcome reports the damage. Throws `secret` if the chunk is undamaged and cannot be
 * decrypted. Also throws errors that end the run, such as no space.
 */
export async function restoreChunk(
  reading: ChunkReading,
  { chunk, file, discs }: ChunkSource,
): Promise<ChunkOutcome> {
  const pieces = new PieceSink(reading, chunk.number)
  if (await readNear(reading, chunk, file, pieces)) return pieces.outcome(undefined)
  const fault = await readChunk(reading, chunk, file, pieces)
  if (fault === undefined || pieces.isComplete) return pieces.outcome(fault?.words)
  const elsewhere = await chunkElsewhere(chunk, file, discs ?? [], reading.checkStop)
  if (elsewhere !== undefined) {
    const other = await readChunk(reading, chunk, elsewhere, pieces)
    if (other === undefined) return pieces.outcome(`${fault.words}; it was read from ${elsewhere} instead`)
  }
  if (fault.readable) await readDamaged(reading, chunk, file, pieces)
  return pieces.outcome(fault.words)
}

/**
 * Reads from the estimated position of the first wanted piece, if skipping saves enough. Returns whether
 * everything was found. If not, the chunk must be read from its beginning, which also finds its faults.
 */
async function readNear(
  { plan, secrets, threads, checkStop }: ChunkReading,
  chunk: ChunkRow,
  file: string,
  pieces: PieceSink,
): Promise<boolean> {
  const name = parseChunkFile(chunk.name)
  const start = startOf(plan, chunk.number)
  if (start === undefined || name?.compression !== 'bz2' || storedFault(file, chunk.bytes) !== undefined)
    return false
  const allowance = allowanceOf(plan, chunk.number)
  let [plainBytes, found, foundAt] = [0, 0, 0]
  try {
    const stored = { file, named: name, bytes: bytesOf(file, chunk.bytes) }
    const options = { secrets, threads, fromBlock: start.blocks }
    for await (const length of openChunk(stored, new ResyncTar(pieces), options)) {
      checkStop()
      if (pieces.isComplete) return true
      plainBytes += length
      if (pieces.doneCount > found) [found, foundAt] = [pieces.doneCount, plainBytes]
      if (plainBytes > allowance || plainBytes - foundAt > start.withinBytes) return false
    }
  } catch (error) {
    if (pieces.fatal !== undefined) throw pieces.fatal
    if (error instanceof ButcherError && (error.code === 'damaged' || error.code === 'secret')) return false
    if (error instanceof ButcherError || systemCode(error) === undefined) throw error
  } finally {
    pieces.close()
  }
  return false
}

async function readChunk(
  reading: ChunkReading,
  chunk: ChunkRow,
  file: string,
  pieces: PieceSink,
): Promise<Fault | undefined> {
  const fault = storedFault(file, chunk.bytes)
  let damage = fault?.words
  if (fault?.readable === false) return fault
  const allowance = allowanceOf(reading.plan, chunk.number)
  let plainBytes = 0
  let trailingBytes = 0
  try {
    const reader = new TarReader(pieces)
    const named = parseChunkFile(chunk.name)
    if (named === undefined)
      throw new ButcherError('damaged', 'the catalog has a name for it that no chunk has')
    const stored = { file, named, bytes: bytesOf(file, chunk.bytes) }
    for await (const length of openChunk(stored, reader, reading)) {
      reading.checkStop()
      if (pieces.isComplete) return damage === undefined ? undefined : { words: damage, readable: true }
      if (reader.ended) trailingBytes += length
      if ((plainBytes += length) > allowance || trailingBytes > maxTrailingBytes + length) {
        return { words: 'it gives out more than the catalog says is in it', readable: false }
      }
    }
    damage ??= (await hashOfStored(file, reading.checkStop)).equals(chunk.sha256)
      ? 'it does not hold all that the catalog says'
      : 'its SHA-256 is not the one in the catalog'
  } catch (error) {
    if (pieces.fatal !== undefined) throw pieces.fatal
    if (error instanceof ButcherError && (error.code === 'aborted' || error.code === 'program')) throw error
    if (isSecret(error) && (await isAsStored(file, chunk, reading.checkStop))) throw error
    damage ??= isSecret(error)
      ? 'it is not the file that was stored'
      : error instanceof ButcherError
        ? 'its content cannot be read'
        : systemText(error)
  } finally {
    pieces.close()
  }
  return damage === undefined ? undefined : { words: damage, readable: true }
}

/**
 * Restores the sound members of a damaged chunk. Skips data that cannot be read, decrypted, decompressed or
 * parsed as tar.
 */
async function readDamaged(
  { secrets, plan, checkStop }: ChunkReading,
  chunk: ChunkRow,
  file: string,
  pieces: PieceSink,
): Promise<void> {
  const name = parseChunkFile(chunk.name)
  if (name === undefined) return
  let left = allowanceOf(plan, chunk.number)
  try {
    const stored = { file, named: name, bytes: damagedBytes(file, chunk.bytes) }
    const reader = new ResyncTar(pieces)
    for await (const length of openDamagedChunk(stored, chunk.bytes, reader, secrets)) {
      checkStop()
      if (pieces.isComplete || (left -= length) < 0) return
    }
    reader.end()
  } catch (error) {
    if (pieces.fatal !== undefined) throw pieces.fatal
    if (error instanceof ButcherError && (error.code === 'damaged' || error.code === 'secret')) return
    if (systemCode(error) === undefined) throw error
  } finally {
    pieces.close()
  }
}

const isSecret = (error: unknown): boolean => error instanceof ButcherError && error.code === 'secret'

async function isAsStored(file: string, chunk: ChunkRow, checkStop: () => void): Promise<boolean> {
  try {
    if (storedFault(file, chunk.bytes) !== undefined) return false
    return (await hashOfStored(file, checkStop)).equals(chunk.sha256)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return false
  }
}
