/** Opening what is said to be a chunk: it may be a pipe that nobody writes to, or a device without an end. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'

/** What the name and size of the stored file say already: reading it is of no use, or it is not as it was stored. */
export interface StoredFault {
  readonly readable: boolean
  readonly words: string
}

export function storedFault(file: string, sizeBytes: number): StoredFault | undefined {
  let stat: fs.Stats | undefined
  try {
    stat = fs.statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    return { readable: false, words: systemText(error) }
  }
  if (stat === undefined) return { readable: false, words: 'it is not on the disc' }
  if (!stat.isFile()) return { readable: false, words: 'it is no file' }
  return stat.size === sizeBytes
    ? undefined
    : { readable: true, words: `it has ${stat.size} bytes and should have ${sizeBytes}` }
}

const { O_RDONLY, O_NONBLOCK } = fs.constants
const pieceBytes = 1 << 20

/** The first `sizeBytes` bytes of `file`, or as many as there are; each piece is shown to `see` first. */
export async function* storedBytes(
  file: string,
  sizeBytes: number,
  see: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  if (sizeBytes <= 0) return
  const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK)
  if (!fs.fstatSync(fd).isFile()) {
    fs.closeSync(fd)
    throw new ButcherError('damaged', 'it is no file')
  }
  const stream = fs.createReadStream(file, { fd, start: 0, end: sizeBytes - 1, highWaterMark: pieceBytes })
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      see(bytes)
      yield bytes
    }
  } finally {
    stream.destroy()
  }
}

const sectorBytes = 2048

/** A damaged file from its beginning to its end, with zeros for the sectors that cannot be read. */
export async function* damagedBytes(file: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK)
  try {
    const size = Math.min(sizeBytes, fs.fstatSync(fd).size)
    for (let at = 0; at < size;) {
      const piece = Buffer.alloc(Math.min(pieceBytes, size - at))
      const count = readOrFail(fd, piece, at) ?? readSectors(fd, piece, at)
      if (count === 0) return
      yield piece.subarray(0, count)
      at += count
    }
  } finally {
    fs.closeSync(fd)
  }
}

function readOrFail(fd: number, piece: Buffer, at: number): number | undefined {
  try {
    return fs.readSync(fd, piece, 0, piece.length, at)
  } catch {
    return undefined
  }
}

function readSectors(fd: number, piece: Buffer, at: number): number {
  for (let done = 0; done < piece.length; done += sectorBytes) {
    const sector = piece.subarray(done, done + sectorBytes)
    if (readOrFail(fd, sector, at + done) === undefined) sector.fill(0)
  }
  return piece.length
}
