/** Real mounts, as root and as an ordinary user. */

import { execFileSync, spawn } from 'node:child_process'
import crypto from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { rows } from '../support/rows.ts'
import { mountAt, mountEntries, mountType } from '../../src/fuse/mount-point.ts'
import { ordinaryUser } from '../support/ordinary-user.ts'
import { ended, idsOf, newMountPoint, removeMounts, serve, stop } from './server.ts'

let folder = ''
beforeEach(() => {
  folder = newMountPoint()
})
afterAll(removeMounts)

const sha256 = (data: Buffer): string => crypto.hash('sha256', data)
const bytes = 3_000_000
const content = Buffer.alloc(bytes, 'hello, world\n')
describe.each(rows(['root', 'user'] as const, [1]))('as %s', (user) => {
  // Root cannot look into a mount of an ordinary user.
  const run = (...words: readonly string[]): Buffer =>
    execFileSync(words[0] as string, words.slice(1), {
      ...idsOf(user),
      cwd: '/',
      maxBuffer: 1e8,
    })
  const inside = (name: string): string => path.join(folder, name)

  test('what the tree has can be listed, read and unmounted', async () => {
    const server = await serve(folder, user)
    expect(mountAt(folder)).toEqual({
      folder,
      type: mountType,
      source: 'memory, a tree',
      owner: user === 'root' ? 0 : ordinaryUser,
    })
    expect(run('ls', folder).toString().split('\n')).toEqual(['early', 'hello', 'link', 'many', 'slow', ''])
    expect(run('ls', inside('many')).toString().trim().split('\n')).toHaveLength(3000)
    expect(sha256(run('cat', inside('hello')))).toBe(sha256(content))
    expect(sha256(run('cat', inside('slow')))).toBe(sha256(content))
    expect(run('cat', inside('many/file-2999')).toString()).toBe('small\n')
    expect(run('readlink', inside('link')).toString()).toBe('hello\n')
    expect(run('stat', '-c', '%Y %s %a', inside('early')).toString()).toBe(`-2 ${bytes} 444\n`)
    expect(() => run('touch', inside('new'))).toThrow('Read-only file system')
    await stop(server)
    expect(await server.said()).toBe('mounted\nunmounted\n')
    expect(mountAt(folder)).toBeUndefined()
  })

  test('a busy mount frees its folder, and serves until the last file is closed', async () => {
    const server = await serve(folder, user)
    const held = spawn('sh', ['-c', 'exec 4<"$0/slow"; echo open; read go; sha256sum <&4', folder], {
      ...idsOf(user),
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(held.stdout, 'data')
    server.child.kill('SIGTERM')
    while (mountAt(folder)) await new Promise((resolve) => setTimeout(resolve, 20))
    const sum = text(held.stdout)
    held.stdin.end('go\n')
    expect(await sum).toContain(sha256(content))
    await ended(server)
    expect(await server.said()).toMatch(/is busy.*\n?/)
  })

  test('the mount of a killed server is cleared by the next one', async () => {
    const first = await serve(folder, user)
    first.child.kill('SIGKILL')
    await ended(first)
    expect(() => run('ls', folder)).toThrow('Transport endpoint is not connected')
    const second = await serve(folder, user)
    expect(run('ls', inside('hello')).toString()).toContain('hello')
    expect(mountEntries().filter((entry) => entry.folder === folder)).toHaveLength(1)
    await stop(second)
  })
})

test('a folder that has a mount, is not empty, or is no folder is refused', async () => {
  const first = await serve(folder, 'root')
  const second = await serve(folder, 'root')
  expect(await second.said()).toContain('memory, a tree is mounted there already')
  await stop(first)
  fs.writeFileSync(path.join(folder, 'file'), '')
  expect(await (await serve(folder, 'root')).said()).toContain('the directory is not empty')
  folder = path.join(folder, 'file')
  expect(await (await serve(folder, 'root')).said()).toContain('it is not a directory')
  folder = path.join(path.dirname(folder), 'absent')
  expect(await (await serve(folder, 'root')).said()).toContain('there is no such directory')
})

test('other users may read a mount of root only if it says so', async () => {
  const asUser = (): Buffer => execFileSync('ls', [folder], { uid: ordinaryUser, gid: ordinaryUser })
  const first = await serve(folder, 'root')
  expect(asUser).toThrow('Permission denied')
  await stop(first)
  const second = await serve(folder, 'root', 'other')
  expect(asUser().toString()).toContain('hello')
  await stop(second)
})
