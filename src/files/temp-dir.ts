/** A run's own folder for temporary files. It is outside the destination, because it may hold secret data. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { programEnvironment } from '../programs/environment.ts'

export interface TempDir extends Disposable {
  readonly folder: string
  /** Removes the folder. A second call does nothing. */
  readonly remove: () => void
}

/**
 * Makes a folder below `parent`, for its owner alone. It is removed by `remove`, at the end of its scope
 * (`using`), or at the end of the process, even if it is killed. Throws `io` or `no-space`.
 */
export function makeTempDir(purpose = 'run', parent = os.tmpdir()): TempDir {
  const folder = newFolder(purpose, parent)
  const removeWatched = watchEnd(folder)
  const removeFolder = (): void => fs.rmSync(folder, { recursive: true, force: true })
  process.on('exit', removeFolder)
  const remove = (): void => {
    try {
      removeFolder()
    } catch (error) {
      // Windows keeps a file that is open. A later call removes it, or the end of the process.
      if (process.platform === 'win32') return
      throw error
    }
    process.off('exit', removeFolder)
    removeWatched()
  }
  return { folder, remove, [Symbol.dispose]: remove }
}

function newFolder(purpose: string, parent: string): string {
  try {
    return fs.mkdtempSync(path.join(parent, `butcher-${purpose}-`))
  } catch (error) {
    throw asButcherError(error, 'cannot write to the folder for temporary files', parent)
  }
}

const shell = '/bin/sh'

/**
 * Starts a shell that removes the folder if this process ends without doing so. The kernel then closes the
 * pipe between them, whatever ended the process. Without a shell, a killed process leaves the folder behind.
 */
function watchEnd(folder: string): () => void {
  if (!fs.existsSync(shell)) return () => {}
  // A word on the pipe means that nothing is left to remove. Signals to the whole group must not end the
  // shell. It runs in the background of another one: so it is no child that a second signal kills.
  const watch = 'trap "" HUP INT QUIT TERM; read -r word <&3 || rm -rf -- "$1"'
  const script = `(${watch}) &`
  try {
    const watcher = spawn(shell, ['-c', script, 'butcher-scratch', folder], {
      // Not standard input: Node.js closes that when the outer shell ends.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      cwd: '/',
      detached: true,
      env: programEnvironment(),
    })
    const pipe = watcher.stdio[3] as Socket | undefined // missing if the process has too many open files
    watcher.on('error', () => {})
    pipe?.on('error', () => {})
    watcher.unref()
    pipe?.unref()
    return () => void pipe?.end('done\n')
  } catch {
    return () => {} // no room for another process
  }
}
