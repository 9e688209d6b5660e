/** Where the local state of a set in a store lies: `$XDG_CACHE_HOME/butcher/<set id>/<place>`. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { xdgFolder } from '../files/xdg-folder.ts'
import { showPath } from '../format/path-text.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Stands for the id of a set that does not say its own. */
export const idOfPlace = (place: string): string => digest(place).slice(0, 32)

/** A set that no command has used for so long may be gone. */
const mostIdleMs = 90 * 24 * 3_600_000

/**
 * Makes the folder. The same set may be in several places, so each place has its own state. Removes that of
 * sets that are long unused. Throws `io` and `no-space`.
 */
export function cacheFolder(setId: string, place: string): string {
  const root = path.join(xdgFolder('XDG_CACHE_HOME'), 'butcher')
  const folder = path.join(root, setId, digest(place).slice(0, 16))
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const now = new Date()
    fs.utimesSync(folder, now, now)
    removeIdle(root)
    return fs.realpathSync(folder)
  } catch (error) {
    throw asButcherError(error, 'cannot write to the cache', showPath(folder))
  }
}

/** Leaves what others have put there, and the state of a mount that lasts. */
function removeIdle(root: string): void {
  for (const id of fs.readdirSync(root)) {
    if (!/^[0-9a-f]{32}$/.test(id)) continue
    const ofSet = path.join(root, id)
    try {
      let isRemoved = false
      for (const name of fs.readdirSync(ofSet)) {
        const folder = path.join(ofSet, name)
        if (!/^[0-9a-f]{16}$/.test(name) || Date.now() - fs.statSync(folder).mtimeMs < mostIdleMs) continue
        if (fs.readdirSync(folder).some((entry) => entry.startsWith('butcher-view-'))) continue
        fs.rmSync(folder, { recursive: true, force: true })
        isRemoved = true
      }
      if (isRemoved) fs.rmdirSync(ofSet)
    } catch {
      // Another place of the set is in use, or another process removes this one, too.
    }
  }
}
