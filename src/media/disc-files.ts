/**
 * The files of a disc in a folder, an image or a drive, without mounting. A path may lead into an image as if
 * it were a folder (`/srv/disc-0001.iso/chunks/00000001.tar.bz2`); no path of the system does that. The
 * content may be anything: butcher never waits for pipes, devices or circular links.
 */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError } from '../errors.ts'
import { pathForSystem } from '../format/path-text.ts'
import { awayAt } from './away-files.ts'
import { type Extent, firstDescriptor, type ImageDirectory, readDirectory, sectorBytes } from './iso9660.ts'

export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other'
  readonly sizeBytes: number
}

/** An open file. Reads stop at the end of the file. */
export interface OpenFile {
  readonly sizeBytes: number
  /** Fills `buffer` from `offset` as far as there is data; 0 means the end. Throws system errors. */
  readonly readAt: (buffer: Uint8Array, offset: number) => number
  /** The same, asynchronously. */
  readonly read: (buffer: Uint8Array, offset: number) => Promise<number>
  readonly close: () => void
}

/** Undefined if nothing is there. Throws other system errors. */
export function inspectFile(file: string): FileFacts | undefined {
  try {
    const stat = fs.statSync(pathForSystem(file))
    return { kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other', sizeBytes: stat.size }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    const inner = hasCode(error, 'ENOTDIR') ? intoImage(file) : undefined
    if (inner === undefined) {
      if (hasCode(error, 'ENOTDIR')) return undefined
      throw error
    }
    const entry = inner.directory.entries.get(inner.name)
    if (entry === undefined) return undefined
    return { kind: entry.kind, sizeBytes: entry.kind === 'file' ? entry.sizeBytes : 0 }
  }
}

/** The sorted names in a folder or an image. Throws system errors. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(pathForSystem(folder)).sort()
  } catch (error) {
    const inner = hasCode(error, 'ENOTDIR') ? intoImage(folder) : undefined
    const entry = inner?.directory.entries.get(inner.name)
    if (inner === undefined || (inner.name !== '' && entry?.kind !== 'folder')) throw error
    return entry?.kind === 'folder' ? [...entry.names] : []
  }
}

/** Whether the path itself is an image, or a drive with a disc in it. */
export const isImage = (file: string): boolean => imageAt(file) !== undefined

/** The directory of an image or a drive, if the path is one. */
export function imageAt(file: string): ImageDirectory | undefined {
  try {
    const stat = fs.statSync(pathForSystem(file))
    return stat.isFile() || stat.isBlockDevice() ? directoryOf(file, stat) : undefined
  } catch {
    return undefined
  }
}

/** Whether a path leads into an image or a drive. */
export const isInImage = (file: string): boolean =>
  !fs.existsSync(pathForSystem(file)) && intoImage(file) !== undefined

/** Throws `damaged` if it is not a regular file, and system errors. */
export function openFile(file: string): OpenFile {
  const away = awayAt(file)
  if (away !== undefined) {
    const refuse = (): never => {
      throw new ButcherError('io', `${file} is not here yet`)
    }
    const read: OpenFile['read'] = (buffer, offset) => away.readAt(file, buffer, offset)
    return { sizeBytes: fs.statSync(file).size, readAt: refuse, read, close: () => {} }
  }
  let fd: number
  try {
    fd = openReading(file)
  } catch (error) {
    const inner = hasCode(error, 'ENOTDIR') ? intoImage(file) : undefined
    if (inner === undefined) throw error
    const entry = inner.directory.entries.get(inner.name)
    if (entry === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    if (entry.kind !== 'file') throw new ButcherError('damaged', 'it is not a file')
    return openExtents(inner.image, entry.extents)
  }
  const stat = fs.fstatSync(fd)
  if (!stat.isFile()) {
    fs.closeSync(fd)
    throw new ButcherError('damaged', 'it is not a file')
  }
  return openStretches(fd, [{ offset: 0, sizeBytes: Infinity }], stat.size)
}

/** The extents of an image, or a drive, as one file. */
function openExtents(image: string, extents: readonly Extent[]): OpenFile {
  const sizeBytes = extents.reduce((sum, extent) => sum + extent.sizeBytes, 0)
  return openStretches(openReading(image), extents, sizeBytes)
}

function openStretches(fd: number, extents: readonly Extent[], sizeBytes: number): OpenFile {
  /** The part of `length` bytes from `offset` that is contiguous, and its place. */
  const locate = (length: number, offset: number): { readonly length: number; readonly place: number } => {
    let start = 0
    for (const extent of extents) {
      const within = offset - start
      if (within < extent.sizeBytes) {
        return { length: Math.min(length, extent.sizeBytes - within), place: extent.offset + within }
      }
      start += extent.sizeBytes
    }
    return { length: 0, place: 0 }
  }
  return {
    sizeBytes,
    readAt: (buffer, offset) => {
      const { length, place } = locate(buffer.length, offset)
      return length === 0 ? 0 : fs.readSync(fd, buffer, 0, length, place)
    },
    read: (buffer, offset) => {
      const { length, place } = locate(buffer.length, offset)
      if (length === 0) return Promise.resolve(0)
      return new Promise((resolve, reject) => {
        fs.read(fd, buffer, 0, length, place, (error, count) => (error ? reject(error) : resolve(count)))
      })
    },
    close: () => fs.closeSync(fd),
  }
}

const pieceBytes = 1 << 20

/** The bytes of a file in order, at most `mostBytes`, each piece in a new buffer. Throws like `openFile`. */
export async function* bytesOf(file: string, mostBytes = Infinity): AsyncGenerator<Buffer> {
  const away = awayAt(file)
  if (away !== undefined) return yield* away.bytes(file, mostBytes)
  const open = openFile(file)
  const readPiece = async (at: number): Promise<Buffer> => {
    const piece = Buffer.allocUnsafe(Math.max(0, Math.min(pieceBytes, mostBytes - at)))
    return piece.subarray(0, piece.length === 0 ? 0 : await open.read(piece, at))
  }
  // Reads the next piece while one is in use.
  let pending = readPiece(0)
  try {
    for (let at = 0; ;) {
      const piece = await pending
      if (piece.length === 0) return
      at += piece.length
      pending = readPiece(at)
      pending.catch(() => {}) // told when its turn comes
      yield piece
    }
  } finally {
    await pending.catch(() => {})
    open.close()
  }
}

// Without it, opening a pipe that has no writer would block.
const { O_RDONLY, O_NONBLOCK } = fs.constants

const openReading = (file: string): number => fs.openSync(pathForSystem(file), O_RDONLY | O_NONBLOCK)

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

interface Inner {
  readonly image: string
  readonly directory: ImageDirectory
  /** The path in the image. */
  readonly name: string
}

function intoImage(file: string): Inner | undefined {
  const names: string[] = []
  for (let image = path.resolve(file); ; image = path.dirname(image)) {
    const directory = imageAt(image)
    if (directory) return { image, directory, name: names.join('/') }
    if (path.dirname(image) === image || fs.existsSync(pathForSystem(image))) return undefined
    names.unshift(path.basename(image))
  }
}

interface Known {
  readonly proof: string
  readonly directory: ImageDirectory | undefined
}

/** A drive may have another disc by now, and a file may be rewritten: cached data is checked before use. */
const known = new Map<string, Known>()
const mostKnown = 16

function directoryOf(image: string, { size, mtimeMs, ino }: fs.Stats): ImageDirectory | undefined {
  const fd = openReading(image)
  try {
    const head = Buffer.alloc(4 * sectorBytes)
    const read = (buffer: Uint8Array, offset: number): number =>
      fs.readSync(fd, buffer, 0, buffer.length, offset)
    for (let i = 0; i < head.length; i += sectorBytes) {
      try {
        read(head.subarray(i, i + sectorBytes), firstDescriptor * sectorBytes + i)
      } catch {
        // The other descriptors decide.
      }
    }
    const proof = [size, mtimeMs, ino, head.toString('latin1')].join()
    const before = known.get(image)
    if (before?.proof === proof) return before.directory
    const directory = readDirectory(read)
    if (known.size >= mostKnown) known.clear()
    known.set(image, { proof, directory })
    return directory
  } finally {
    fs.closeSync(fd)
  }
}
