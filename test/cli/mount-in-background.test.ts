/** A mount that goes on when the command has ended. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { mountInBackground } from '../../src/cli/mount-in-background.ts'
import { mountAt } from '../../src/fuse/mount-point.ts'
import { unmountFolder } from '../../src/fuse/unmount.ts'
import type { MountRequest } from '../../src/fuse/mount.ts'
import { newMountPoint, removeMounts } from '../fuse/server.ts'

let folder = ''
let log = ''
beforeEach(() => {
  folder = newMountPoint()
  log = `${folder}.log`
})
afterAll(removeMounts)

const request = (data: unknown = { many: 3 }): MountRequest => ({
  folder,
  source: 'memory',
  tree: { program: new URL('../fuse/memory-tree.ts', import.meta.url), data },
})

async function gone(pid: number): Promise<void> {
  while (fs.existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('serves from a process of its own, in /, until it is unmounted', async () => {
  const mount = await mountInBackground(request(), log)
  expect(mount).toMatchObject({ folder, log })
  expect(fs.readlinkSync(`/proc/${mount.pid}/cwd`)).toBe('/')
  expect(fs.readdirSync(path.join(folder, 'many'))).toHaveLength(3)
  await unmountFolder(folder, { lazy: false })
  await gone(mount.pid)
  expect(fs.readFileSync(log, 'utf8')).toMatch(/Z mounted memory on .*\n.*Z unmounted /)
  expect(fs.statSync(log).mode & 0o777).toBe(0o600)
})

test('SIGTERM unmounts', async () => {
  const { pid } = await mountInBackground(request(), log)
  process.kill(pid, 'SIGTERM')
  await gone(pid)
  expect(mountAt(folder)).toBeUndefined()
})

test('an error of the server is an error of the command', async () => {
  fs.writeFileSync(path.join(folder, 'file'), '')
  await expect(mountInBackground(request(), log)).rejects.toThrow('the directory is not empty')
  expect(fs.readFileSync(log, 'utf8')).toContain('error: mounting on')
})

test('an error of the tree is an error of the command, and there is no mount', async () => {
  await expect(mountInBackground(request(null), log)).rejects.toThrow("reading 'many'")
  expect(mountAt(folder)).toBeUndefined()
})

test('a command that is stopped leaves no mount', async () => {
  const stop = new AbortController()
  const mounting = mountInBackground({ ...request(), signal: stop.signal }, log)
  stop.abort()
  await expect(mounting).rejects.toMatchObject({ code: 'aborted' })
  expect(mountAt(folder)).toBeUndefined()
})
