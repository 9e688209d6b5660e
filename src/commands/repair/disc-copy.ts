/** Copies a disc's files, as far as they are readable, from a folder, an image or a drive. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, throwIfAborted } from '../../errors.ts'
import { writeAll } from '../../files/durable.ts'
import { scriptFile } from '../../format/layout.ts'
import { isSafePath } from '../../format/system-name.ts'
import { type DiscReader, isBad } from '../../media/disc-reader.ts'

/**
 * Copies every file of a disc to `out`, which is empty. Unreadable ranges become zeros. Returns the files
 * with such ranges.
 */
export async function copyDisc(
  reader: DiscReader,
  out: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const unreadable = new Set<string>()
  for (const { name, odd } of (await reader.list()).files) {
    // A hostile image may have any file names.
    if (odd !== undefined || !isSafePath(name)) continue
    const target = path.join(out, name)
    let fd: number | undefined
    try {
      fs.mkdirSync(path.dirname(target), { recursive: true })
      fd = fs.openSync(target, 'wx', name === scriptFile ? 0o755 : 0o644)
      for await (const piece of reader.read(name)) {
        throwIfAborted(signal)
        if (isBad(piece)) {
          unreadable.add(name)
          writeZeros(fd, piece.sizeBytes)
          onBytes(piece.sizeBytes)
        } else {
          writeAll(fd, piece)
          onBytes(piece.length)
        }
      }
    } catch (error) {
      throw asButcherError(error, 'cannot write', target)
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }
  return unreadable
}

const zeros = Buffer.alloc(1 << 20)

function writeZeros(fd: number, count: number): void {
  for (let left = count; left > 0; left -= zeros.length)
    writeAll(fd, zeros.subarray(0, Math.min(left, zeros.length)))
}

/** Regular files below `folder`, relative to it; links are not followed. */
export const filesBelow = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))

/** Gives the image a name below the folder that par2 searches for blocks. */
export function linkImage(image: string, work: string): string {
  const link = path.join(work, 'image')
  // On Windows an ordinary user makes no symlinks.
  const make = process.platform === 'win32' ? fs.linkSync : fs.symlinkSync
  if (!fs.existsSync(link)) make(image, link)
  return link
}
