/** Writes the pieces of a disk as an image file: raw with holes, gzip, zstd, or xz by the program. */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import { asButcherError, ButcherError } from '../errors.ts'
import { removeQuietly, writeAll } from '../files/durable.ts'
import { NewFile } from '../files/new-file.ts'
import { findProgram } from '../programs/find-program.ts'
import { throughProgram } from '../programs/through-program.ts'
import { type DevicePiece, pieceBytes, type PieceMemory } from './device-pieces.ts'
import { gzipFrame, type ImageFormat, packPiece, zstdFrame } from './image-format.ts'
import { startPackThreads } from './pack-threads.ts'

export interface ImageTarget {
  /** The file to write; it must not exist. */
  readonly file: string
  readonly format: ImageFormat
  readonly bytes: number
  readonly jobs: number
  readonly memory: PieceMemory
  readonly signal: AbortSignal | undefined
  /** Called in order for each piece, before its memory is used again. */
  readonly onPiece: (piece: DevicePiece) => void
  /** The hash of the disk so far, which `onPiece` feeds. */
  readonly rawHash: Hash
  /** Of the bytes of the file, besides sha256. */
  readonly md5: boolean
}

export interface WrittenImage {
  readonly bytes: number
  readonly sha256: string
  readonly md5: string | null
}

/** Slots that the writer holds at once, for `jobs` threads. */
export const slotsHeld = (jobs: number): number => jobs * 2 + 1

/**
 * Writes and syncs the file, or removes it if that fails. Throws `no-space`, `io`, and the errors of
 * `pieces`.
 */
export async function writeImage(
  pieces: AsyncIterable<DevicePiece>,
  target: ImageTarget,
): Promise<WrittenImage> {
  try {
    if (target.format === 'raw') return await writeRaw(pieces, target)
    return await writePacked(
      target.format === 'xz' ? xzBytes(pieces, target) : framedBytes(pieces, target),
      target,
    )
  } catch (error) {
    throw asButcherError(error, 'cannot write', target.file)
  }
}

/** Zeros become holes. The hash of the file is that of the disk. */
async function writeRaw(
  pieces: AsyncIterable<DevicePiece>,
  { file, bytes, memory, onPiece, md5, rawHash }: ImageTarget,
): Promise<WrittenImage> {
  const fd = fs.openSync(file, 'wx', 0o644)
  const second = md5 ? createHash('md5') : undefined
  try {
    for await (const piece of pieces) {
      if (!piece.isZero) writeSparsely(fd, piece)
      second?.update(piece.bytes)
      onPiece(piece)
      memory.release(piece.slot)
    }
    fs.ftruncateSync(fd, bytes)
    fs.fsyncSync(fd)
    return { bytes, sha256: rawHash.copy().digest('hex'), md5: second?.digest('hex') ?? null }
  } catch (error) {
    removeQuietly(file)
    throw error
  } finally {
    fs.closeSync(fd)
  }
}

const holeBytes = 65_536
const zeros = Buffer.alloc(holeBytes)

function writeSparsely(fd: number, { bytes, offset }: DevicePiece): void {
  for (let at = 0; at < bytes.length; at += holeBytes) {
    const part = bytes.subarray(at, at + holeBytes)
    if (Buffer.compare(part, zeros.subarray(0, part.length)) !== 0) writeAll(fd, part, offset + at)
  }
}

async function writePacked(
  packed: AsyncIterable<Uint8Array>,
  { file, md5 }: ImageTarget,
): Promise<WrittenImage> {
  const out = new NewFile(file)
  const second = md5 ? createHash('md5') : undefined
  try {
    for await (const bytes of packed) {
      out.append(bytes)
      second?.update(bytes)
      await out.wait()
    }
    return { ...(await out.finish()), md5: second?.digest('hex') ?? null }
  } catch (error) {
    await out.drop()
    throw error
  }
}

async function* framedBytes(
  pieces: AsyncIterable<DevicePiece>,
  { format, jobs, memory, onPiece }: ImageTarget,
): AsyncGenerator<Uint8Array> {
  const kind = format === 'gzip' ? 'gzip' : 'zstd'
  const frame = kind === 'gzip' ? gzipFrame() : zstdFrame()
  const threads = startPackThreads(jobs, { memory: memory.buffer, format: kind, pieceBytes })
  const underWay: { piece: DevicePiece; packed: Promise<Uint8Array> }[] = []
  let packedZeros: Uint8Array | undefined
  const pack = (piece: DevicePiece): Promise<Uint8Array> => {
    if (!piece.isZero || piece.bytes.length < pieceBytes) return threads.pack(piece.slot, piece.bytes.length)
    packedZeros ??= packPiece(kind, piece.bytes)
    return Promise.resolve(packedZeros)
  }
  const first = async (): Promise<Uint8Array> => {
    const { piece, packed } = underWay.shift() as (typeof underWay)[number]
    const bytes = await packed
    frame.note(piece, bytes.length)
    onPiece(piece)
    memory.release(piece.slot)
    return bytes
  }
  try {
    yield frame.head
    for await (const piece of pieces) {
      const packed = pack(piece)
      packed.catch(() => {}) // thrown in its turn
      underWay.push({ piece, packed })
      if (underWay.length >= slotsHeld(jobs)) yield await first()
    }
    while (underWay.length > 0) yield await first()
    yield frame.tail()
  } finally {
    await threads.end()
  }
}

async function* xzBytes(
  pieces: AsyncIterable<DevicePiece>,
  { jobs, memory, onPiece, signal }: ImageTarget,
): AsyncGenerator<Uint8Array> {
  const program = findProgram('xz')
  if (program === undefined) {
    throw new ButcherError('program', 'cannot write .img.xz: the program xz is missing', {
      hint: 'install the package xz-utils, or choose .img.zst',
    })
  }
  async function* plain(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      // The pipe keeps what it is given: the slot is used again.
      yield Buffer.from(piece.bytes)
      onPiece(piece)
      memory.release(piece.slot)
    }
  }
  yield* throughProgram(program, ['-c', '-1', `-T${jobs}`], plain(), 'xz', signal)
}
