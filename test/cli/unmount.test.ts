/** `butcher unmount`, as root and as an ordinary user. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { rows } from '../support/rows.ts'
import { mountAt } from '../../src/fuse/mount-point.ts'
import { ended, idsOf, newMountPoint, removeMounts, serve } from '../fuse/server.ts'
import { asOrdinaryUser } from '../support/ordinary-user.ts'
import { cli, type CliResult, lastLine } from './cli.ts'

let folder = ''
beforeEach(() => {
  folder = newMountPoint()
})
afterAll(removeMounts)

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

describe.each(rows(['root', 'user'] as const, [0]))('as %s', (user) => {
  const unmount = (...words: readonly string[]): CliResult => {
    if (user === 'root') return cli(['unmount', ...words])
    const { stdout, ...rest } = asOrdinaryUser(['unmount', ...words])
    return { ...rest, stdout: stdout.toString() }
  }

  test('ends a mount, and its server with it', async () => {
    const server = await serve(folder, user)
    const run = unmount(folder)
    expect(run).toMatchObject({ status: 0, stdout: `unmounted ${folder}\n`, stderr: '' })
    expect(mountAt(folder)).toBeUndefined()
    await ended(server)
    expect(server.child.exitCode).toBe(0)
  })

  test('names the programs that use the mount, and frees the folder with --lazy', async () => {
    const server = await serve(folder, user)
    const script = 'cd "$0"; echo in; exec sleep 1000'
    const holder = spawn('sh', ['-c', script, folder], {
      ...idsOf(user),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(holder.stdout, 'data')
    while (fs.readFileSync(`/proc/${holder.pid}/comm`, 'utf8') !== 'sleep\n') await tick()
    const run = unmount(folder)
    expect(run.status).toBe(1)
    expect(lastLine(run.stderr)).toContain(`unmounting ${folder}: it is in use by sleep (${holder.pid})`)
    expect(lastLine(run.stderr)).toContain('butcher unmount --lazy')
    expect(mountAt(folder)).toBeDefined()
    const lazy = unmount('--lazy', '--json', folder)
    expect(JSON.parse(lazy.stdout)).toEqual({ type: 'summary', folder, source: 'memory, a tree' })
    expect(mountAt(folder)).toBeUndefined()
    expect(server.child.exitCode).toBeNull()
    holder.kill()
    await ended(server)
  })

  test('ends the mount of a server that was killed', async () => {
    const server = await serve(folder, user)
    server.child.kill('SIGKILL')
    await ended(server)
    expect(unmount(folder).status).toBe(0)
    expect(mountAt(folder)).toBeUndefined()
  })
})

test('follows a link to the folder', async () => {
  await serve(folder, 'root')
  const link = `${folder} link`
  fs.symlinkSync(folder, link)
  expect(cli(['umount', link])).toMatchObject({ status: 0, stdout: `unmounted ${folder}\n` })
})

test('leaves other mounts alone, and says what is there', async () => {
  expect(lastLine(cli(['unmount', '/proc']).stderr)).toContain('it is a mount of proc, not of butcher')
  expect(lastLine(cli(['unmount', folder]).stderr)).toContain('nothing is mounted there')
  const absent = path.join(folder, 'no', 'such')
  expect(lastLine(cli(['unmount', absent]).stderr)).toContain('no such file or directory')
})

test('an ordinary user cannot end the mount of root', async () => {
  await serve(folder, 'root')
  const run = asOrdinaryUser(['unmount', folder])
  expect(run.status).toBe(1)
  expect(lastLine(run.stderr)).toContain('another user mounted it (run as that user or as root')
  execFileSync('umount', [folder])
})
