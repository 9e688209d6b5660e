/** Files that are complete and on the medium before their name appears: write, sync, rename, sync the folder. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, systemCode } from '../errors.ts'
import { keepFolderOwner, keepOwner } from './keep-owner.ts'

/** Makes renames and removals in `folder` durable. File systems that cannot sync a folder are let be. */
export function syncFolder(folder: string): void {
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

/** The same for a folder that is not ours, which we may have no leave to open. */
export function syncFolderIfAllowed(folder: string): void {
  try {
    syncFolder(folder)
  } catch (error) {
    if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EPERM') throw error
  }
}

/** Removes a file, which may be gone already. Unlike those of Node's own `rmSync` its errors say what the system says. */
export function removeFile(file: string): void {
  try {
    fs.unlinkSync(file)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

/** Makes a folder, which may be there already, for the owner of the one that it is in. Node's own `recursive` answers any trouble with ENOENT. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
  keepFolderOwner(folder)
}

/** Gives the complete and synced file `temporary` its final name, and the owner of the folder that it goes into. */
export function renameDurably(temporary: string, final: string): void {
  keepOwner(temporary, path.dirname(final))
  fs.renameSync(temporary, final)
  syncFolder(path.dirname(final))
}

/** Writes all of `data`: at `position`, or where the file is. */
export function writeAll(fd: number, data: Uint8Array, position: number | null = null): void {
  let done = 0
  while (done < data.length) {
    const at = position === null ? null : position + done
    done += fs.writeSync(fd, data, done, data.length - done, at)
  }
}

/** Writes `final` by way of a file in `newFolder`, which must be on the same file system. */
export function writeDurably(
  newFolder: string,
  final: string,
  data: string | Uint8Array,
  mode = 0o644,
): void {
  const temporary = path.join(newFolder, `${path.basename(final)}.${process.pid}`)
  try {
    const fd = fs.openSync(temporary, 'w', mode)
    try {
      writeAll(fd, typeof data === 'string' ? Buffer.from(data) : data)
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

/** Copies `source` to `final` in the same way. */
export function copyDurably(newFolder: string, source: string, final: string): void {
  const temporary = path.join(newFolder, `${path.basename(final)}.${process.pid}`)
  try {
    fs.copyFileSync(source, temporary)
    const fd = fs.openSync(temporary, 'r+')
    try {
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

/** On a destination that is gone nothing can be removed, which is not what the user has to hear of. */
export function removeQuietly(file: fs.PathLike): void {
  try {
    fs.unlinkSync(file)
  } catch {
    // what is left in the folder for new files, the next run removes
  }
}
