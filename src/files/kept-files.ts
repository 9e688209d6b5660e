/** Files of a cache, of which the oldest go if they take too much room. */

import fs from 'node:fs'
import path from 'node:path'

const hourMs = 3_600_000

/** The draft of a file that is being written; a killed process leaves it. */
export const draftOf = (file: string): string => `${file}.${process.pid}`

/**
 * Removes the oldest files with this ending, and drafts that killed processes left, until `bytes` more fit
 * into `mostBytes`. Throws the system's error.
 */
export function makeRoom(folder: string, ending: string, bytes: number, mostBytes: number): void {
  const files = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(ending) || name.replace(/\.[0-9]+$/, '').endsWith(ending))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, stat: fs.statSync(file) }))
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)
  let sum = bytes
  for (const { file, stat } of files) {
    sum += stat.size
    const isLeftover = !file.endsWith(ending) && Date.now() - stat.mtimeMs > hourMs
    if (sum > mostBytes || isLeftover) fs.rmSync(file, { force: true })
  }
}
