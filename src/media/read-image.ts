/** Reads the files of a disc from its image or drive, in their order on the medium. */

import { type FileHandle, open } from 'node:fs/promises'
import { imageAt } from './disc-files.ts'
import type { Extent, ImageEntry } from './iso9660.ts'
import { type DiscFile, type DiscListing, type DiscReader, isBad, type Piece } from './disc-reader.ts'
import type { ReadAt } from './read-folder.ts'
import { type Read, readPieces } from './read-pieces.ts'

export const sectorBytes = 2048

/** Gets every range of the image that was read or is unreadable, with its offset in the image. */
export interface ImageListener {
  readonly good: (offset: number, bytes: Uint8Array) => void
  readonly bad: (offset: number, sizeBytes: number) => void
}

/** Reads through a file handle; tests replace it to simulate failures. */
const readByHandle: ReadAt = async (handle, buffer, offset) =>
  (await handle.read(buffer, 0, buffer.length, offset)).bytesRead

export function imageReader(
  image: string,
  listener?: ImageListener,
  readAt: ReadAt = readByHandle,
): DiscReader {
  const entries = imageAt(image)?.entries ?? noDirectory
  return {
    place: image,
    list: async () => listImage(entries),
    read: (name) => {
      const entry = entries.get(name)
      return readExtents(image, entry?.kind === 'file' ? entry.extents : [], readAt, listener)
    },
  }
}

const noDirectory: ReadonlyMap<string, ImageEntry> = new Map([
  ['', { kind: 'folder', names: [], trouble: 'its directories cannot be read' }],
])

function listImage(entries: ReadonlyMap<string, ImageEntry>): DiscListing {
  const files: (DiscFile & { readonly first: number })[] = []
  const unreadableFolders: { name: string; reason: string }[] = []
  for (const [name, entry] of entries) {
    if (entry.kind === 'folder') {
      if (entry.trouble !== undefined) unreadableFolders.push({ name, reason: entry.trouble })
    } else if (entry.kind === 'file') {
      files.push({ name, sizeBytes: entry.sizeBytes, first: entry.extents[0]?.offset ?? 0 })
    } else {
      files.push({ name, sizeBytes: 0, odd: 'no regular file', first: 0 })
    }
  }
  return { files: files.sort((a, b) => a.first - b.first), unreadableFolders }
}

/** Reads extents one after the other, as one file. */
export async function* readExtents(
  image: string,
  extents: readonly Extent[],
  readAt: ReadAt = readByHandle,
  listener?: ImageListener,
): AsyncGenerator<Piece> {
  const handle: FileHandle = await open(image, 'r')
  try {
    let start = 0
    for (const { offset: place, sizeBytes } of extents) {
      const read: Read = (buffer, offset) => readAt(handle, buffer, place + offset)
      let at = 0
      for await (const piece of readPieces(read, sizeBytes, sectorBytes)) {
        if (isBad(piece)) {
          listener?.bad(place + piece.offset, piece.sizeBytes)
          yield { ...piece, offset: start + piece.offset, imageOffset: place + piece.offset }
          at = piece.offset + piece.sizeBytes
        } else {
          listener?.good(place + at, piece)
          yield piece
          at += piece.length
        }
      }
      if (at < sizeBytes) {
        const all = extents.reduce((sum, extent) => sum + extent.sizeBytes, 0)
        const [offset, imageOffset] = [start + at, place + at]
        yield { offset, sizeBytes: all - offset, reason: 'the image ends before it', imageOffset }
        return
      }
      start += sizeBytes
    }
  } finally {
    await handle.close()
  }
}
