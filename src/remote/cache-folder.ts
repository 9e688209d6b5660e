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

/**
 * Makes the folder. The same set may be in several places, so each place has its own state. Throws `io` and
 * `no-space`.
 */
export function cacheFolder(setId: string, place: string): string {
  const folder = path.join(xdgFolder('XDG_CACHE_HOME'), 'butcher', setId, digest(place).slice(0, 16))
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    return fs.realpathSync(folder)
  } catch (error) {
    throw asButcherError(error, 'cannot write to the cache', showPath(folder))
  }
}
