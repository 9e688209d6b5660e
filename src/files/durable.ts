/** Makes files complete and durable before their name appears: write, sync, rename, sync the folder. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, systemCode } from '../errors.ts'
import { keepFolderOwner, keepOwner } from './keep-owner.ts'

/** Makes renames and removals in `folder` durable, unless the file system cannot sync a folder. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return // Windows syncs no folder, and refuses the call.
  const fd = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    fs.fsyncSync(fd)
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error
  } finally {
    fs.closeSync(fd)
  }
}

/** The same for a folder of another user, which butcher may not be allowed to open. */
export function syncFolderIfAllowed(folder: string): void {
  try {
    syncFolder(folder)
  } catch (error) {
    if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EPERM') throw error
  }
}

/**
 * Removes a file, which may be gone already. Its errors are those of the system, unlike those of Node's
 * `rmSync`.
 */
export function removeFile(file: string): void {
  try {
    fs.unlinkSync(file)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

/**
 * Makes a folder, which may exist already, with the owner of its parent. Node's own `recursive` reports
 * ENOENT for any failure.
 */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
  keepFolderOwner(folder)
}

/** Gives the complete and synced file `temporary` its final name, and the owner of its new folder. */
export function renameDurably(temporary: string, final: string): void {
  keepOwner(temporary, path.dirname(final))
  fs.renameSync(temporary, final)
  syncFolder(path.dirname(final))
}

/** Writes all of `data`, at `position` or at the current position. */
export function writeAll(fd: number, data: Uint8Array, position: number | null = null): void {
  let done = 0
  while (done < data.length) {
    const at = position === null ? null : position + done
    done += fs.writeSync(fd, data, done, data.length - done, at)
  }
}

/** Writes `final` through a file in `newFolder`, which must be on the same file system. */
export function writeDurably(
  newFolder: string,
  final: string,
  data: string | Uint8Array,
  mode = 0o644,
): void {
  throughNewFile(
    newFolder,
    final,
    (temporary) => fs.openSync(temporary, 'w', mode),
    (fd) => writeAll(fd, typeof data === 'string' ? Buffer.from(data) : data),
  )
}

/** Copies `source` to `final` in the same way. */
export function copyDurably(newFolder: string, source: string, final: string): void {
  throughNewFile(newFolder, final, (temporary) => {
    fs.copyFileSync(source, temporary)
    return fs.openSync(temporary, 'r+')
  })
}

/** `open` answers with a descriptor of the new file. */
function throughNewFile(
  newFolder: string,
  final: string,
  open: (temporary: string) => number,
  write: (fd: number) => void = () => {},
): void {
  const temporary = path.join(newFolder, `${path.basename(final)}.${process.pid}`)
  try {
    const fd = open(temporary)
    try {
      write(fd)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    renameDurably(temporary, final)
  } catch (error) {
    removeQuietly(temporary)
    throw asButcherError(error, 'cannot write', final)
  }
}

/** Best effort: the first error is the one to report. */
export function removeQuietly(file: fs.PathLike): void {
  try {
    fs.unlinkSync(file)
  } catch {
    // The next run removes leftovers in the folder for new files.
  }
}
