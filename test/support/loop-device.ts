/** A loop device over a new file, for tests that run as root. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'

export interface LoopDevice {
  readonly path: string
  readonly file: string
  readonly detach: () => void
}

/** Makes `file` with `bytes` zeros if it is missing. */
export function attachLoop(file: string, bytes: number): LoopDevice {
  if (!fs.existsSync(file)) {
    fs.writeFileSync(file, '')
    fs.truncateSync(file, bytes)
  }
  const path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim()
  return { path, file, detach: () => void execFileSync('losetup', ['--detach', path]) }
}
