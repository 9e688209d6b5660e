/**
 * Files that root makes in another user's folder get that user as owner, who could not use them otherwise.
 */

import fs from 'node:fs'
import path from 'node:path'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants

/**
 * Gives root's own file or folder `made`, with its content, the owner and group of `folder`. Does nothing for
 * other users, or if the system does not allow it. Skips a file with a second name: anybody who may write to
 * `folder` could have linked it there.
 */
export function keepOwner(made: string, folder = path.dirname(made)): void {
  give(made, folder, true)
}

/** The same for the folder alone, without its content. */
export function keepFolderOwner(made: string): void {
  give(made, path.dirname(made), false)
}

function give(made: string, folder: string, withContent: boolean): void {
  if (process.geteuid?.() !== 0) return
  try {
    const { uid, gid } = fs.statSync(folder)
    if (uid !== 0) giveTo(made, uid, gid, withContent)
  } catch {
    // It stays root's, as on a file system without owners.
  }
}

function giveTo(made: string, uid: number, gid: number, withContent: boolean): void {
  const fd = fs.openSync(made, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stat = fs.fstatSync(fd)
    const isFolder = stat.isDirectory()
    if (stat.uid === 0 && (isFolder || stat.nlink === 1)) fs.fchownSync(fd, uid, gid)
    if (!isFolder || !withContent) return
    for (const name of fs.readdirSync(made)) giveTo(path.join(made, name), uid, gid, true)
  } finally {
    fs.closeSync(fd)
  }
}
