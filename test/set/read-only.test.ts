/** Commands that read: of what nobody can write to, and beside a run that writes. */

import fs from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { list } from '../../src/commands/catalog/list.ts'
import { log } from '../../src/commands/catalog/log.ts'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { needsRoot } from '../support/needs-root.ts'
import { noise } from '../support/sample-trees.ts'
import { ordinaryUser } from '../support/ordinary-user.ts'
import { readAll } from '../support/read-all.ts'
import { describeTree, program } from '../support/tree.ts'
import { fingerprint, passphrase, restored, runBackup, scratchFolder } from '../support/backup-set.ts'

const scratch = scratchFolder()
const at = (name: string): string => path.join(scratch.folder, name)
const source = at('source')
const destination = at('dest')
const options = { source, destination, passphrase, chunkSizeBytes: 60_000 }

beforeAll(async () => {
  fs.chmodSync(scratch.folder, 0o755)
  fs.mkdirSync(source)
  for (let i = 0; i < 3; i++) fs.writeFileSync(path.join(source, `file-${i}`), noise(50_000, i))
  await runBackup(options)
  fs.writeFileSync(path.join(source, 'file-3'), noise(50_000, 3))
  await runBackup(options)
})
afterAll(scratch.remove)

const everything = {
  listed: 4,
  found: 4,
  logged: 2,
  changes: 1,
  discs: 1,
  restored: 4,
  failed: 0,
  sound: true,
  warnings: 0,
}

longTest('a destination on a file system that is mounted read-only', async () => {
  needsRoot('mounts a folder read-only')
  const mounted = at('read-only')
  fs.mkdirSync(mounted)
  program('mount', ['--bind', destination, mounted])
  try {
    program('mount', ['-o', 'remount,ro,bind', mounted])
    expect(() => fs.writeFileSync(path.join(mounted, 'new'), '')).toThrow('EROFS')
    expect(await readAll(mounted, at('out-1'), passphrase)).toEqual(everything)
    expect(await readAll(path.join(mounted, 'disc-0001'), at('out-2'), passphrase)).toEqual(everything)
  } finally {
    program('umount', [mounted])
  }
})

test('a destination that its reader cannot write to', () => {
  const isRoot = process.geteuid?.() === 0
  const before = fingerprint(destination)
  program('chmod', ['-R', 'a+rX,a-w', destination])
  fs.mkdirSync(at('of-reader'))
  if (isRoot) fs.chownSync(at('of-reader'), ordinaryUser, ordinaryUser)
  const user = isRoot
    ? ['setpriv', `--reuid=${ordinaryUser}`, `--regid=${ordinaryUser}`, '--clear-groups', '--']
    : []
  const script = path.join(import.meta.dirname, '../support/read-all.ts')
  const words = [process.execPath, script, destination, at('of-reader/out'), passphrase]
  try {
    expect(JSON.parse(program('env', [...user, ...words]).toString())).toEqual(everything)
    expect(fingerprint(destination)).toEqual(before)
  } finally {
    program('chmod', ['-R', 'u+w', destination])
  }
})

longTest(
  'beside a run that writes a reader sees the old state or the new one, and restores from it',
  async () => {
    const into = at('beside')
    const beside = { source: at('changing'), destination: into, chunkSizeBytes: 60_000 }
    fs.mkdirSync(beside.source)
    const write = (name: string, from: number): void => {
      for (let i = 0; i < 6; i++)
        fs.writeFileSync(path.join(beside.source, `${name}-${i}`), noise(40_000, from + i))
    }
    write('old', 100)
    await runBackup(beside)
    const old = describeTree(beside.source)
    fs.rmSync(beside.source, { recursive: true })
    fs.mkdirSync(beside.source)
    write('new', 200)
    // Of the disc there are states in between: its catalog is written before its checksums, each whole.
    const places = [into, path.join(into, 'disc-0001')]
    const seen: string[] = []
    let early: readonly string[] | undefined
    let isRunning = true
    let events = 0
    const run = runBackup(beside, () => events++).finally(() => (isRunning = false))
    for (let i = 0; isRunning; i++) {
      const catalog = await openCatalog([places[i % 2] as string], {})
      const names = [...list(catalog.db).entries].map((entry) => entry.path.replace(/-\d+$/, ''))
      const backups = log(catalog.db).map(({ finished }) => finished !== null)
      catalog.close()
      await setTimeout(20)
      seen.push(JSON.stringify([backups, names.length, [...new Set(names)]]))
      early ??= await restored({ from: [into], into: at('old'), at: '1' })
    }
    expect((await run).told).toEqual([])
    expect(events).toBeGreaterThan(0)
    const states = [
      [[true], 6, ['old']],
      [[true, true], 6, ['new']],
    ].map((state) => JSON.stringify(state))
    expect(states).toEqual(expect.arrayContaining([...new Set(seen)]))
    expect(seen[0]).toBe(states[0])
    expect(early).toEqual(old)
    expect(await restored({ from: [into], into: at('new') })).toEqual(describeTree(beside.source))
  },
)
