/** Opens the file that should be a chunk. It may be a pipe without a writer, or an endless device. */

import { createHash } from 'node:crypto'
import { systemText } from '../errors.ts'
import { counted } from '../format/counted-text.ts'
import { bytesOf, type FileFacts, inspectFile, openFile, type OpenFile } from '../media/disc-files.ts'

/** A fault that the file's name and size show. `readable`: reading it may still help. */
export interface StoredFault {
  readonly readable: boolean
  readonly words: string
}

export function storedFault(file: string, sizeBytes: number): StoredFault | undefined {
  let look: FileFacts | undefined
  try {
    look = inspectFile(file)
  } catch (error) {
    return { readable: false, words: systemText(error) }
  }
  if (look === undefined) return { readable: false, words: 'it is not on the disc' }
  if (look.kind !== 'file') return { readable: false, words: 'it is not a file' }
  return look.sizeBytes === sizeBytes
    ? undefined
    : { readable: true, words: `it has ${counted(look.sizeBytes, 'byte')} and should have ${sizeBytes}` }
}

/** Throws the system's errors. */
export async function hashOfStored(file: string, checkStop: () => void): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const bytes of bytesOf(file)) {
    checkStop()
    hash.update(bytes)
  }
  return hash.digest()
}

const pieceBytes = 1 << 20
const sectorBytes = 2048

/** A damaged file from beginning to end, with zeros for unreadable sectors. */
export async function* damagedBytes(file: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const open = openFile(file)
  try {
    const size = Math.min(sizeBytes, open.sizeBytes)
    for (let at = 0; at < size;) {
      const piece = Buffer.alloc(Math.min(pieceBytes, size - at))
      const count = readOrFail(open, piece, at) ?? readSectors(open, piece, at)
      if (count === 0) return
      yield piece.subarray(0, count)
      at += count
    }
  } finally {
    open.close()
  }
}

function readOrFail(open: OpenFile, piece: Buffer, at: number): number | undefined {
  try {
    return open.readAt(piece, at)
  } catch {
    return undefined
  }
}

function readSectors(open: OpenFile, piece: Buffer, at: number): number {
  for (let done = 0; done < piece.length; done += sectorBytes) {
    const sector = piece.subarray(done, done + sectorBytes)
    if (readOrFail(open, sector, at + done) === undefined) sector.fill(0)
  }
  return piece.length
}
