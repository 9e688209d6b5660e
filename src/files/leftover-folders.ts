/** Temporary folders of dead processes. On Windows nothing surely removes them, so the next run does. */

import fs from 'node:fs'
import path from 'node:path'
import { systemCode } from '../errors.ts'

/** Begins the name of a folder of this process. */
export const namePrefix = (purpose: string, pid: number): string => `butcher-${purpose}-${pid}-`

const ownName = /^butcher-(?:[a-z]+-)+(\d+)-[A-Za-z0-9]{6}$/

/** Those of `names` that belong to a dead process. */
export const leftovers = (names: readonly string[], lives: (pid: number) => boolean): readonly string[] =>
  names.filter((name) => {
    const pid = ownName.exec(name)?.[1]
    return pid !== undefined && !lives(Number(pid))
  })

/** Removes them from `parent`. What cannot be removed stays. */
export function removeLeftovers(parent: string): void {
  try {
    for (const name of leftovers(fs.readdirSync(parent), isAlive))
      fs.rmSync(path.join(parent, name), { recursive: true, force: true })
  } catch {
    // Another run may be removing it.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}
