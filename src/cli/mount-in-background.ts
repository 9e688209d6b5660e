/** Starts the program that serves a mount, and waits until the mount can be used. */

import { type ChildProcess, spawn } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, stopped, throwIfAborted } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { xdgFolder } from '../files/xdg-folder.ts'
import type { MountRequest } from '../fuse/mount.ts'
import type { ThreadProgram } from '../fuse/tree.ts'
import { ownProgram } from '../own-files.ts'
import { programEnvironment } from '../programs/environment.ts'
import { fromPlain } from '../threads/plain-error.ts'
import { passphraseVariable } from './given-passphrase.ts'
import type { FromMountServer, MountOrder, PlainProgram } from './mount-order.ts'

export interface BackgroundMount {
  /** Its real path. */
  readonly folder: string
  /** As in `FuseTree`. */
  readonly about: unknown
  /** The process that serves it. */
  readonly pid: number
  readonly log: string
  /** Memory of that process. */
  readonly memoryBytes: number
}

/** Throws what the server throws. If `signal` aborts, the folder is unmounted. */
export async function mountInBackground(
  { signal, report = silent, ...request }: MountRequest,
  log = defaultLog(request.folder),
): Promise<BackgroundMount> {
  const server = startServer(log)
  const stop = (): void => void server.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    server.send(orderOf(request))
    const { folder, about, memoryBytes } = await answerOf(server, log, report)
    throwIfAborted(signal)
    return { folder, about, pid: server.pid as number, log, memoryBytes }
  } catch (error) {
    throw signal?.aborted ? stopped(undefined, { cause: error }) : error
  } finally {
    signal?.removeEventListener('abort', stop)
    if (server.connected) server.disconnect()
    server.unref()
  }
}

function startServer(log: string): ChildProcess {
  const [program, ...args] = ownProgram(new URL('./mount-server.ts', import.meta.url))
  const descriptor = openLog(log)
  try {
    return spawn(program, args, {
      cwd: '/',
      // A session of its own: the terminal's end and its Control-C do not reach it.
      detached: true,
      // It is butcher itself, and goes on with what the user has set.
      // Secrets come with the order.
      env: { ...programEnvironment(process.env), [passphraseVariable]: undefined },
      serialization: 'advanced',
      stdio: ['ignore', descriptor, descriptor, 'ipc'],
    })
  } finally {
    fs.closeSync(descriptor)
  }
}

function openLog(log: string): number {
  try {
    fs.mkdirSync(path.dirname(log), { recursive: true, mode: 0o700 })
    return fs.openSync(log, 'w', 0o600)
  } catch (error) {
    throw asButcherError(error, 'cannot write the log', log)
  }
}

/** `$XDG_STATE_HOME/butcher/mount-mnt-photos.log` for the folder /mnt/photos. */
function defaultLog(folder: string): string {
  const name = path.resolve(folder).slice(1).replaceAll(path.sep, '-')
  const short =
    name.length <= longestName ? name : `${name.slice(0, 80)}-${crypto.hash('sha256', name).slice(0, 16)}`
  return path.join(xdgFolder('XDG_STATE_HOME'), 'butcher', `mount-${short}.log`)
}

const longestName = 100

const orderOf = ({ folder, source, allowOther = false, tree, content = [] }: MountRequest): MountOrder => ({
  folder: path.resolve(folder),
  source,
  allowOther,
  tree: plain(tree),
  content: content.map(plain),
})

const plain = ({ program, data }: ThreadProgram): PlainProgram => ({ program: program.href, data })

type Answer = Extract<FromMountServer, { type: 'mounted' }>

function answerOf(server: ChildProcess, log: string, report: Report): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const end = (cause: unknown): void =>
      reject(
        new ButcherError('internal', `the process that serves the mount ended: ${lastLine(log)}`, {
          cause,
          hint: `its log is ${log}`,
        }),
      )
    server.once('error', end)
    const onExit = (status: number | null, signal: string | null): void => end(signal ?? status)
    server.once('exit', onExit)
    server.on('message', (answer: FromMountServer) => {
      if (answer.type === 'event') return report(answer.event)
      // It may be unmounted, and its log removed, while this process still runs.
      server.off('exit', onExit)
      if (answer.type === 'mounted') resolve(answer)
      else reject(fromPlain(answer.error))
    })
  })
}

const lastLine = (log: string): string =>
  fs.readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) || 'it said nothing'
