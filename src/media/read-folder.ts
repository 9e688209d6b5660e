/** Reads the files of a folder in large pieces, in order, and in small steps around unreadable places. */

import fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemText } from '../errors.ts'
import { joinPath, pathForSystem, pathFromBytes } from '../format/path-text.ts'
import { awayAt } from './away-files.ts'
import type { DiscFile, DiscListing, DiscReader, Piece } from './disc-reader.ts'
import { blockBytes, readPieces } from './read-pieces.ts'

/** Reads into `buffer` from `offset`; resolves with the number of bytes, 0 at the end. */
export type ReadAt = (handle: FileHandle, buffer: Uint8Array, offset: number) => Promise<number>

const readByHandle: ReadAt = async (handle, buffer, offset) =>
  (await handle.read(buffer, 0, buffer.length, offset)).bytesRead

export const folderReader = (folder: string, readAt: ReadAt = readByHandle): DiscReader => ({
  place: folder,
  list: async () => listFolder(folder),
  read: (name) =>
    awayAt(`${folder}/${name}`)?.bytes(`${folder}/${name}`) ??
    readFile(pathForSystem(`${folder}/${name}`), readAt),
})

function listFolder(disc: string): DiscListing {
  const files: DiscFile[] = []
  const unreadableFolders: { name: string; reason: string }[] = []
  const visit = (folder: string): void => {
    let names: string[]
    try {
      const found = fs.readdirSync(pathForSystem(joinPath(disc, folder)), { encoding: 'buffer' })
      names = found.map(pathFromBytes).sort()
    } catch (error) {
      unreadableFolders.push({ name: folder, reason: systemText(error) })
      return
    }
    const folders: string[] = []
    for (const last of names) {
      const name = joinPath(folder, last)
      const entry = look(pathForSystem(`${disc}/${name}`), name)
      if (entry === 'folder') folders.push(name)
      else files.push(entry)
    }
    for (const name of folders) visit(name)
  }
  visit('')
  return { files, unreadableFolders }
}

/** Follows a symlink to a file, because chunks may be collected that way, but not to a folder. */
function look(where: string | Buffer, name: string): DiscFile | 'folder' {
  try {
    if (fs.lstatSync(where).isDirectory()) return 'folder'
    const stat = fs.statSync(where)
    return stat.isFile() ? { name, sizeBytes: stat.size } : { name, sizeBytes: 0, odd: 'no regular file' }
  } catch (error) {
    return { name, sizeBytes: 0, odd: systemText(error) }
  }
}

async function* readFile(file: string | Buffer, readAt: ReadAt): AsyncGenerator<Piece> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    yield { offset: 0, sizeBytes: sizeOf(file), reason: systemText(error) }
    return
  }
  try {
    const { size } = await handle.stat()
    yield* readPieces((buffer, offset) => readAt(handle, buffer, offset), size, blockBytes)
  } finally {
    await handle.close()
  }
}

function sizeOf(file: string | Buffer): number {
  try {
    return fs.statSync(file).size
  } catch {
    return 0
  }
}
