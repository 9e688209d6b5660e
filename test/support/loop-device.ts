/** A loop device over a new file, for tests that run as root. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

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
  const loop = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim()
  dropOldPartitions(loop)
  return { path: loop, file, detach: () => void execFileSync('losetup', ['--detach', loop]) }
}

/** A program that was killed can leave partitions on a loop device, and the next file would get them. */
function dropOldPartitions(loop: string): void {
  const name = path.basename(loop)
  const isLeft = fs.readdirSync(`/sys/block/${name}`).some((entry) => entry.startsWith(`${name}p`))
  if (isLeft) execFileSync('partx', ['--delete', loop])
}
