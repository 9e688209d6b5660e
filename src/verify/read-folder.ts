/** Reads the files of a folder in large pieces, in order; what cannot be read is gone round in small steps. */

import fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemText } from '../errors.ts'
import { joinPath, pathForSystem, pathFromBytes } from '../format/path-text.ts'
import type { DiscFile, DiscListing, DiscReader, Piece } from './disc-reader.ts'

/** Of this size a drive reads ahead by itself, and a call costs nothing beside it. */
const pieceBytes = 4 << 20
/** One error-correcting block of a Blu-ray disc, 32 sectors: where one sector of it fails, all do. */
const stepBytes = 64 << 10

/** Reads into `buffer` from `offset`; resolves with the count, 0 at the end. */
export type ReadAt = (handle: FileHandle, buffer: Uint8Array, offset: number) => Promise<number>

const readByHandle: ReadAt = async (handle, buffer, offset) =>
  (await handle.read(buffer, 0, buffer.length, offset)).bytesRead

export const folderReader = (folder: string, readAt: ReadAt = readByHandle): DiscReader => ({
  place: folder,
  list: async () => listFolder(folder),
  read: (name) => readFile(pathForSystem(`${folder}/${name}`), readAt),
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

/** A symlink to a file stands for it: chunks may be gathered so. Folders are not followed to. */
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
    yield* readHandle(handle, readAt)
  } finally {
    await handle.close()
  }
}

/** While one piece is in use, the next is being read. */
async function* readHandle(handle: FileHandle, readAt: ReadAt): AsyncGenerator<Piece> {
  const { size } = await handle.stat()
  const length = Math.max(1, Math.min(pieceBytes, size))
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)] as const
  const begin = (which: number, offset: number): Promise<number | { failed: unknown }> =>
    readAt(handle, buffers[which & 1] as Buffer, offset).catch((failed: unknown) => ({ failed }))
  let offset = 0
  let pending = begin(0, 0)
  try {
    for (let turn = 0; offset < size; turn++) {
      const count = await pending
      const buffer = buffers[turn & 1] as Buffer
      if (typeof count !== 'number') {
        const end = Math.min(size, offset + length)
        yield* goRound(handle, readAt, buffer, offset, end)
        offset = end
        pending = begin(turn + 1, offset)
        continue
      }
      if (count === 0) return
      offset += count
      pending = begin(turn + 1, offset)
      yield buffer.subarray(0, count)
    }
  } finally {
    await pending
  }
}

/** Reads from `offset` to `end` step by step. Bad steps that follow each other are one range. */
async function* goRound(
  handle: FileHandle,
  readAt: ReadAt,
  buffer: Buffer,
  offset: number,
  end: number,
): AsyncGenerator<Piece> {
  let bad: { offset: number; sizeBytes: number; reason: string } | undefined
  for (let at = offset; at < end;) {
    const wanted = Math.min(stepBytes - (at % stepBytes), end - at)
    let count: number
    try {
      count = await readAt(handle, buffer.subarray(0, wanted), at)
    } catch (error) {
      const reason = systemText(error)
      if (bad?.reason === reason) bad.sizeBytes += wanted
      else {
        if (bad) yield bad
        bad = { offset: at, sizeBytes: wanted, reason }
      }
      at += wanted
      continue
    }
    if (bad) yield bad
    bad = undefined
    if (count === 0) return
    yield buffer.subarray(0, count)
    at += count
  }
  if (bad) yield bad
}

function sizeOf(file: string | Buffer): number {
  try {
    return fs.statSync(file).size
  } catch {
    return 0
  }
}
