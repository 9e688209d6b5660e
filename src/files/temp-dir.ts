/** A run's own folder for temporary files. It is outside the destination, because it may hold secret data. */

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { namePrefix, removeLeftovers } from './leftover-folders.ts'
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

/** The folders in which this process looked for leftovers. */
const swept = new Set<string>()

function newFolder(purpose: string, parent: string): string {
  const isWindows = process.platform === 'win32'
  if (isWindows && !swept.has(parent)) {
    swept.add(parent)
    removeLeftovers(parent)
  }
  try {
    return fs.mkdtempSync(
      path.join(parent, isWindows ? namePrefix(purpose, process.pid) : `butcher-${purpose}-`),
    )
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
  if (process.platform === 'win32') return watchEndOnWindows(folder)
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
    return endOf(watcher, 3)
  } catch {
    return () => {} // no room for another process
  }
}

function endOf(watcher: ChildProcess, number: number): () => void {
  const pipe = watcher.stdio[number] as Socket | undefined // missing if the process has too many open files
  watcher.on('error', () => {})
  pipe?.on('error', () => {})
  watcher.unref()
  pipe?.unref()
  return () => void pipe?.end('done\n')
}

/**
 * The same by cmd.exe. Windows removes no open file, and may close those of a dead process late. So it tries
 * again.
 */
function watchEndOnWindows(folder: string): () => void {
  const windows = process.env['SystemRoot'] ?? 'C:\\Windows'
  const remove = 'rmdir /s /q "!BUTCHER_FOLDER!" & ping -n 2 127.0.0.1 >nul'
  const watch = `set /p word= || (for /l %i in (1,1,30) do if exist "!BUTCHER_FOLDER!" (${remove}))`
  try {
    const program = path.join(windows, 'System32', 'cmd.exe')
    const watcher = spawn(program, ['/d', '/v:on', '/c', `"${watch}"`], {
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: windows,
      detached: true,
      env: { ...programEnvironment(), BUTCHER_FOLDER: folder },
      windowsHide: true,
      windowsVerbatimArguments: true,
    })
    return endOf(watcher, 0)
  } catch {
    return () => {}
  }
}
