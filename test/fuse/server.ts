/** Mounts the memory tree from another process, as root or as an ordinary user. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { mountAt } from '../../src/fuse/mount-point.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { ordinaryUser } from '../support/ordinary-user.ts'

export type User = 'root' | 'user'

export interface Server {
  readonly child: ChildProcess
  readonly said: () => Promise<string>
}

/** Of the test file in work: files share the process. */
let scratch: ReturnType<typeof scratchFolder> | undefined
const running: { readonly child: ChildProcess; readonly folder: string }[] = []
let count = 0

/** An empty folder, whose name has a space. */
export function newMountPoint(): string {
  scratch ??= scratchFolder()
  fs.chmodSync(scratch.folder, 0o755)
  const folder = path.join(scratch.folder, `mount point ${++count}`)
  fs.mkdirSync(folder)
  return folder
}

/** Call it after all tests: a mount that a failed test leaves would stay. */
export function removeMounts(): void {
  for (const { child, folder } of running) {
    child.kill('SIGKILL')
    if (mountAt(folder)) execFileSync('umount', ['-l', folder])
  }
  running.length = 0
  scratch?.remove()
  scratch = undefined
}

const ids = [`--reuid=${ordinaryUser}`, `--regid=${ordinaryUser}`, '--clear-groups']

/** Starts a server on the folder, and waits until it serves or fails. */
export async function serve(folder: string, user: User, ...more: readonly string[]): Promise<Server> {
  const words = [process.execPath, path.join(import.meta.dirname, 'serve.ts'), folder, ...more]
  if (user === 'user' && !mountAt(folder)) fs.chownSync(folder, ordinaryUser, ordinaryUser)
  const [program, ...args] = user === 'root' ? words : ['setpriv', ...ids, '--', ...words]
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push({ child, folder })
  const said = Promise.all([text(child.stdout), text(child.stderr)]).then((texts) => texts.join(''))
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  return { child, said: () => said }
}

export async function ended({ child }: Server): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

export function stop(server: Server): Promise<void> {
  server.child.kill('SIGTERM')
  return ended(server)
}

/** Of programs that are to run as this user. */
export const idsOf = (user: User): { uid?: number; gid?: number } =>
  user === 'user' ? { uid: ordinaryUser, gid: ordinaryUser } : {}
