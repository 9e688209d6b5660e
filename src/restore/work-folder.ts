/** The folder below the destination in which a restore makes files before they get their names. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { takeLock } from '../files/lock.ts'
import { type NotedFolder, notedFolders } from './found-folders.ts'

const workFolderName = /^\.butcher-restore-[0-9a-f]{12}$/
export interface WorkFolder {
  readonly folder: string
  /** Removes the folder and its contents. Calling it again does nothing. */
  readonly remove: () => void
}

/**
 * Makes this run's work folder, with a lock that shows other runs that it is in use. Before it has a lock,
 * another run may remove it as dead: then it is made again.
 */
export function makeWorkFolder(destination: string, attempts = 3): WorkFolder {
  const folder = path.join(destination, `.butcher-restore-${randomBytes(6).toString('hex')}`)
  try {
    fs.mkdirSync(folder, 0o700)
    const unlock = takeLock(folder)
    const remove = (): void => {
      unlock()
      removeFolder(folder)
    }
    return { folder, remove }
  } catch (error) {
    try {
      removeFolder(folder)
    } catch {
      // the next restore removes it
    }
    if (systemCode((error as Error).cause) === 'ENOENT' && attempts > 1 && fs.existsSync(destination))
      return makeWorkFolder(destination, attempts - 1)
    const { message, cause } = asButcherError(error, 'cannot restore to', destination)
    throw new ButcherError('destination', message, { path: destination, cause })
  }
}

/** Removes the work folders of killed runs. Returns the folders recorded in them. */
export function removeDeadWorkFolders(destination: string): NotedFolder[] {
  const noted: NotedFolder[] = []
  for (const entry of fs.readdirSync(destination, { withFileTypes: true })) {
    if (!entry.isDirectory() || !workFolderName.test(entry.name)) continue
    const folder = path.join(destination, entry.name)
    if (!isDead(folder)) continue
    noted.push(...notedFolders(folder))
    removeFolder(folder)
  }
  return noted
}

function removeFolder(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    throw asButcherError(error, 'cannot remove', folder)
  }
}

function isDead(folder: string): boolean {
  try {
    takeLock(folder)()
    return true
  } catch {
    return false // it is in use, or belongs to another user
  }
}
