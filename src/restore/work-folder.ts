/** The folder below a restore's destination in which files are made before they get their names. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { takeLock } from '../files/lock.ts'

const workFolderName = /^\.butcher-restore-[0-9a-f]{12}$/
/** Between making the folder and taking its lock no run takes longer than this. */
const begunMs = 10_000

export interface WorkFolder {
  readonly folder: string
  /** Takes it away with all that is in it; again does nothing. */
  readonly remove: () => void
}

/** Makes the work folder of this run, with a lock in it that tells others that the run lives. */
export function makeWorkFolder(destination: string): WorkFolder {
  const folder = path.join(destination, `.butcher-restore-${randomBytes(6).toString('hex')}`)
  try {
    fs.mkdirSync(folder, 0o700)
    const unlock = takeLock(folder)
    const remove = (): void => {
      unlock()
      fs.rmSync(folder, { recursive: true, force: true })
    }
    return { folder, remove }
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true })
    const { message, cause } = asButcherError(error, 'cannot restore to', destination)
    throw new ButcherError('destination', message, { path: destination, cause })
  }
}

/** Removes the work folders of runs that were killed. */
export function removeDeadWorkFolders(destination: string): void {
  for (const entry of fs.readdirSync(destination, { withFileTypes: true })) {
    if (!entry.isDirectory() || !workFolderName.test(entry.name)) continue
    const folder = path.join(destination, entry.name)
    if (isDead(folder)) fs.rmSync(folder, { recursive: true, force: true })
  }
}

function isDead(folder: string): boolean {
  const isLocked = fs.existsSync(path.join(folder, 'lock'))
  if (!isLocked && Date.now() - fs.statSync(folder).mtimeMs < begunMs) return false
  try {
    takeLock(folder)()
    return true
  } catch {
    return false // it lives, or is not ours to remove
  }
}
