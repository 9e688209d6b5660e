/** The socket of the daemon: one instance binds it, and only its user can reach it. */

import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import type { ListenOptions } from 'node:net'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { takeLock } from '../files/lock.ts'
import { socketFile } from '../jobs/ask-daemon.ts'
import { givenSocket } from './given-socket.ts'

/**
 * Binds the socket, mode 0600 in a folder of mode 0700, or takes the one that systemd has bound. Throws
 * `locked` if a daemon runs. The lock beside the socket shows whether its daemon is dead.
 */
export async function bindSocket(server: http.Server): Promise<() => void> {
  const file = socketFile()
  const folder = path.dirname(file)
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.chmodSync(folder, 0o700)
  } catch (error) {
    throw asButcherError(error, 'cannot make the folder', folder)
  }
  const release = lockOf(folder)
  try {
    const given = givenSocket()
    if (given !== undefined) {
      await listen(server, { fd: given })
      return release
    }
    fs.rmSync(file, { force: true })
    if (process.platform === 'win32') {
      const pipe = `\\\\.\\pipe\\butcher-${randomUUID()}`
      await listen(server, { path: pipe })
      fs.writeFileSync(file, pipe, { mode: 0o600 })
      return endOf(file, release)
    }
    const before = process.umask(0o177)
    try {
      await listen(server, { path: file })
    } finally {
      process.umask(before)
    }
  } catch (error) {
    release()
    throw asButcherError(error, 'cannot listen on', file)
  }
  return endOf(file, release)
}

const endOf = (file: string, release: () => void) => (): void => {
  fs.rmSync(file, { force: true })
  release()
}

function listen(server: http.Server, where: ListenOptions & { readonly fd?: number }): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
}

function lockOf(folder: string): () => void {
  try {
    return takeLock(folder)
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code !== 'locked') throw error
    throw new ButcherError('locked', 'a daemon of butcher runs already', {
      hint: 'butcher run list shows its runs',
      cause: error,
    })
  }
}
