import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { differences } from '../support/plant-tree.ts'
import { needsRoot } from '../support/needs-root.ts'
import { rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'
import { handPath, shortFolder, type HandRun } from './hand-tools.ts'

/**
 * Modes and owners of what restore.sh makes: nothing is more open, or runs as somebody else, than in the
 * source.
 */

const base = shortFolder()
fs.chmodSync(base, 0o755)
const bin = handPath(path.join(base, 'bin'), ['sqlite3'])
const source = path.join(base, 'source')
const destination = path.join(base, 'set')
const isRoot = process.getuid?.() === 0
const other = 65_534

/** Modes with setuid, setgid and sticky bits; the owner is root, or `other`. */
const special = {
  'setuid-of-root': [0o4755, 0],
  'setgid-of-root': [0o2755, 0],
  'both-of-root': [0o6711, 0],
  'setuid-of-other': [0o4755, other],
  'both-of-other': [0o6755, other],
  'half-of-other': [0o6755, other, 0],
} as const

beforeAll(async () => {
  fs.mkdirSync(path.join(source, 'private/inner'), { recursive: true })
  fs.writeFileSync(path.join(source, 'private/inner/notes'), 'notes\n', { mode: 0o644 })
  fs.writeFileSync(path.join(source, 'large'), noise(400_000, 1), { mode: 0o640 })
  fs.mkdirSync(path.join(source, 'shared'))
  for (const [name, [mode, uid, gid = uid]] of Object.entries(special)) {
    const file = path.join(source, name)
    fs.writeFileSync(file, name)
    if (isRoot) fs.chownSync(file, uid, gid)
    fs.chmodSync(file, mode)
  }
  fs.chmodSync(path.join(source, 'shared'), 0o3777)
  fs.chmodSync(path.join(source, 'private'), 0o700)
  fs.chmodSync(path.join(source, 'private/inner'), 0o755)
  fs.chmodSync(source, 0o700)
  await backup({ source, destination, medium: '250kB', chunkSizeBytes: 100_000, jobs: 1 })
  spawnSync('chmod', ['-R', 'a+rX', destination])
})
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

let room: string
let turn = 0
beforeEach(() => {
  room = path.join(base, `room-${++turn}`)
  fs.mkdirSync(room)
  fs.chmodSync(room, 0o777)
})
const at = (name: string): string => path.join(room, name)
const modeOf = (name: string): string => (fs.statSync(at(name)).mode & 0o7777).toString(8)

const disc = (number: number): string => path.join(destination, `disc-000${number}`)
/** Runs the script of disc 1 in `room`, with umask 022. */
function restore(args: readonly string[], asOther = false, from = disc(1)): HandRun {
  const words = ['-c', 'umask 022; exec bash "$@"', 'bash', path.join(from, 'restore.sh'), ...args]
  const who = asOther ? [`--reuid=${other}`, `--regid=${other}`, '--clear-groups'] : []
  const command = [...(who.length > 0 ? ['/usr/bin/setpriv', ...who] : []), path.join(bin, 'bash'), ...words]
  return spawnSync(command[0] as string, command.slice(1), {
    cwd: room,
    env: { PATH: bin },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

describe('setuid and setgid', () => {
  beforeAll(() => needsRoot('gives files to others'))

  test('stay where the owner is the same', () => {
    const done = restore(['out'])
    expect(done).toMatchObject({ status: 0 })
    expect(done.stderr).not.toContain('setuid')
    expect(differences(source, at('out'))).toBe('')
  })

  test.each([[[]], [['--no-sqlite']]])('go where an ordinary user is the owner now: %j', (options) => {
    const done = restore([...options, 'out'], true)
    expect(done).toMatchObject({ status: 0 })
    const modes = Object.fromEntries(Object.keys(special).map((name) => [name, modeOf(`out/${name}`)]))
    const isPlain = options.length > 0
    expect(modes).toEqual({
      'setuid-of-root': '755',
      'setgid-of-root': '755',
      'both-of-root': '711',
      'setuid-of-other': isPlain ? '755' : '4755',
      'both-of-other': isPlain ? '755' : '6755',
      'half-of-other': isPlain ? '755' : '4755',
    })
    expect(done.stderr.match(/setuid/g)).toHaveLength(1)
    expect(done.stderr).toContain(
      isPlain
        ? 'setuid and setgid are left out, as only root restores owners\n'
        : 'setuid and setgid are left out of 5 files and folders, as their owner or group is another here\n',
    )
    expect(modeOf('out/shared')).toBe(isPlain ? '755' : '1777')
  })
})

describe('the folder of a restore', () => {
  test.each([
    ['whole', []],
    ['of one file', ['--only', 'private/inner/notes']],
  ])('has the mode of the source, %s, and so have the folders on the way', (_, options) => {
    expect(restore([...options, 'new/out'])).toMatchObject({ status: 0 })
    expect(modeOf('new')).toBe('755')
    expect(modeOf('new/out')).toBe('700')
    expect(modeOf('new/out/private')).toBe('700')
    expect(modeOf('new/out/private/inner')).toBe('755')
  })

  test('is private where nothing tells its mode, and that is said', () => {
    const done = restore(['--no-sqlite', 'out'])
    expect(done).toMatchObject({ status: 0 })
    expect(modeOf('out')).toBe('700')
    expect(done.stderr).toContain('out is open to its owner alone')
  })

  test.each([[[]], [['--no-sqlite']]])('that was there keeps mode and owner: %j', (options) => {
    fs.mkdirSync(at('mine'))
    fs.chmodSync(at('mine'), 0o1777)
    if (isRoot) fs.chownSync(at('mine'), 1234, 1234)
    expect(restore([...options, 'mine'])).toMatchObject({ status: 0 })
    expect(modeOf('mine')).toBe('1777')
    const owner = isRoot ? { uid: 1234, gid: 1234 } : {}
    expect(fs.statSync(at('mine'))).toMatchObject(owner)
  })

  test('is private as long as something is missing, and gets its mode by the run that completes it', () => {
    const lone = at('disc-0001')
    fs.cpSync(disc(1), lone, { recursive: true })
    expect(restore(['out'], false, lone)).toMatchObject({ status: 1 })
    expect(modeOf('out')).toBe('700')
    // As if the run had been stopped before the last step.
    for (const name of fs.readdirSync(at('out')))
      if (fs.statSync(at(`out/${name}`)).isFile()) fs.chmodSync(at(`out/${name}`), 0o600)
    expect(restore(['out', destination], false, lone)).toMatchObject({ status: 0 })
    expect(differences(source, at('out'))).toBe('')
  })
})

describe.each(rows([[[]], [['--no-sqlite']]], [1]))('files in parts %j', (options) => {
  const files = { closed: 0, 'read-only': 0o444, plain: 0o644 }
  const contents = Object.keys(files).map((name, i) => [name, noise(300_000, 10 + i)] as const)
  const set = path.join(base, `parts-${options.length}`)

  beforeAll(async () => {
    const from = path.join(base, `from-${options.length}`)
    fs.mkdirSync(from)
    for (const [name, data] of contents)
      fs.writeFileSync(path.join(from, name), data, { mode: files[name as keyof typeof files] })
    await backup({ source: from, destination: set, medium: 'unlimited', chunkSizeBytes: 100_000, jobs: 1 })
    spawnSync('chmod', ['-R', 'a+rX', set])
  })

  const check = (): void => {
    for (const [name, data] of contents) {
      expect(modeOf(`out/${name}`)).toBe(files[name as keyof typeof files].toString(8))
      fs.chmodSync(at(`out/${name}`), 0o600)
      expect(fs.readFileSync(at(`out/${name}`)).equals(data)).toBe(true)
    }
  }

  test('are joined whatever their modes, also by an ordinary user', () => {
    expect(restore([...options, 'out'], isRoot, path.join(set, 'disc-0001'))).toMatchObject({ status: 0 })
    check()
  })

  test('are joined by the next run where joining was stopped', () => {
    const broken = path.join(room, 'bin')
    fs.cpSync(bin, broken, { recursive: true, verbatimSymlinks: true })
    fs.rmSync(path.join(broken, 'cat'))
    const cat = `#!/bin/bash -p\necho >>${room}/calls\n/bin/cat "$@" | head -c 1000\nkill -9 $PPID\n`
    fs.writeFileSync(path.join(broken, 'cat'), cat, { mode: 0o755 })
    const script = path.join(set, 'disc-0001/restore.sh')
    for (let i = 0; i < 3; i++) {
      const args = [script, ...options, 'out']
      spawnSync(path.join(bin, 'bash'), args, { cwd: room, env: { PATH: broken }, stdio: 'ignore' })
    }
    expect(fs.readFileSync(path.join(room, 'calls'), 'utf8')).toBe('\n\n\n')
    expect(restore([...options, 'out'], false, path.join(set, 'disc-0001'))).toMatchObject({ status: 0 })
    check()
  })
})
