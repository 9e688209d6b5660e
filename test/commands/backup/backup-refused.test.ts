import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failureLine, failureStatus } from '../../../src/cli/failure.ts'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { ButcherError } from '../../../src/errors.ts'
import { takeLock } from '../../../src/files/lock.ts'
import { program as butcher } from '../../cli/cli.ts'
import { needsRoot } from '../../support/needs-root.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program, tryProgram } from '../../support/tree.ts'
import {
  checkDiscs,
  discFolders,
  fingerprint,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
const medium = '2MB'
const made = path.join(scratch.folder, 'made')
let folder: string
let source: string
const mounts: string[] = []

beforeAll(async () => {
  fs.chmodSync(scratch.folder, 0o755)
  source = path.join(scratch.folder, 'source')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
  fs.writeFileSync(path.join(source, 'noise.bin'), noise(900_000, 1))
  await runBackup({ source, destination: made, medium })
})

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'case-'))
  fs.chmodSync(folder, 0o755)
})

afterAll(() => {
  for (const place of mounts) program('umount', ['-l', place])
  scratch.remove()
})

const inside = (name: string): string => path.join(folder, name)

/**
 * What the command line would say of a backup that must fail, and that nothing below `folder` is another
 * then.
 */
async function refusal(options: Partial<BackupOptions>): Promise<{ line: string; status: number }> {
  const before = fingerprint(folder)
  const all = { source, destination: inside('dest'), medium, ...options }
  const error = await runBackup(all).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ButcherError)
  expect(fingerprint(folder)).toEqual(before)
  const line = failureLine(error as ButcherError)
  expect(line).not.toMatch(/\n| at .*\.ts|undefined|\bE[A-Z]{3,}\b/)
  return { line, status: failureStatus(error as ButcherError) }
}

/** A file system of its own; without the right to mount, the test fails and says so. */
function mount(place: string, options: string): void {
  fs.mkdirSync(place, { recursive: true })
  const { status, stderr } = tryProgram('mount', ['-t', 'tmpfs', '-o', options, 'none', place])
  if (status !== 0) throw new Error(`this test mounts a tmpfs, for which it has to run as root: ${stderr}`)
  mounts.push(place)
}

describe('the source', () => {
  test.each([
    ['is not there', 'nowhere', /^error: cannot read the source .*nowhere: no such file or directory$/],
    ['is below a file', 'file/below', /^error: cannot read the source .*file\/below: not a directory$/],
    ['is a file', 'file', /^error: the source .*file is not a folder \(/],
  ])('%s', async (_, name, expected) => {
    fs.writeFileSync(inside('file'), '')
    expect(await refusal({ source: inside(name) })).toEqual({
      line: expect.stringMatching(expected) as string,
      status: 1,
    })
  })

  test('has a name that would mislead a terminal', async () => {
    const { line } = await refusal({ source: inside('new\nline \u001b[2J') })
    expect(line).toContain(String.raw`new\nline \x1b[2J: no such file or directory`)
  })

  test('is inside the destination, or is the destination', async () => {
    fs.mkdirSync(inside('outer/inner'), { recursive: true })
    fs.symlinkSync('outer', inside('link'))
    for (const destination of [inside('outer'), inside('outer/inner'), inside('link')]) {
      const { line, status } = await refusal({ source: inside('outer/inner'), destination })
      expect(status).toBe(1)
      expect(line).toMatch(/^error: the source .*inner is inside the destination /)
    }
  })

  test('cannot be read by an ordinary user, or some of it cannot', () => {
    const locked = inside('locked')
    fs.mkdirSync(path.join(locked, 'folder'), { recursive: true })
    fs.writeFileSync(path.join(locked, 'folder/inside'), '')
    fs.writeFileSync(path.join(locked, 'file'), 'file\n')
    fs.writeFileSync(path.join(locked, 'open'), 'open\n')
    const destination = inside('dest')
    fs.mkdirSync(destination)
    fs.chownSync(destination, 65_534, 65_534)
    const [command, ...before] = butcher as [string, ...string[]]
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
    const call = [...nobody, command, ...before, 'backup', locked, destination, '--quiet']
    const run = (): { status: number | null; stderr: string } => {
      const { status, stderr } = tryProgram('setpriv', call)
      return { status, stderr }
    }

    fs.chmodSync(locked, 0o700)
    expect(run()).toEqual({
      status: 1,
      stderr: `error: cannot read the source ${locked}: permission denied\n`,
    })
    expect(fs.readdirSync(destination)).toEqual([])

    fs.chmodSync(locked, 0o755)
    fs.chmodSync(path.join(locked, 'folder'), 0o700)
    fs.chmodSync(path.join(locked, 'file'), 0o600)
    const partly = run()
    expect(partly.status).toBe(3)
    expect(partly.stderr.trimEnd().split('\n').sort()).toEqual([
      'warning: 2 source paths could not be backed up correctly: see the warnings above',
      'warning: file: cannot read: permission denied',
      'warning: folder: cannot read this folder: permission denied',
    ])
    const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
    expect(db.prepare('SELECT path FROM restore_plan ORDER BY path').pluck().all()).toEqual([
      'folder',
      'open',
    ])
    expect(db.prepare('SELECT path FROM problem ORDER BY path').pluck().all()).toEqual(['file', 'folder'])
    db.close()
  })
})

describe('the destination', () => {
  test('inside the source is left out, and told', async () => {
    const own = inside('source')
    fs.cpSync(source, own, { recursive: true })
    fs.mkdirSync(path.join(own, 'sub'))
    const destination = path.join(own, 'sub/dest')
    for (const backup of [1, 2]) {
      const run = await runBackup({ source: own, destination, medium, passphrase })
      expect(run).toMatchObject({ backup, complete: true, sourceWarnings: 0, warnings: 1, filesDeleted: 0 })
      expect(run.told).toEqual(['sub/dest: sub/dest is the destination, and is left out'])
      const expected = describeTree(own).filter((line) => !line.startsWith('sub/dest'))
      const out = inside('out')
      expect(await restored({ from: [destination], into: out, passphrase })).toEqual(expected)
    }
  })

  test('is a file, or below one', async () => {
    fs.writeFileSync(inside('file'), 'stays')
    for (const name of ['file', 'file/below']) {
      const { line, status } = await refusal({ destination: inside(name) })
      expect(status).toBe(1)
      expect(line).toMatch(/^error: the destination .* is not a folder$/)
    }
  })

  test('is the folder of another program', async () => {
    fs.mkdirSync(inside('dest/photos'), { recursive: true })
    fs.writeFileSync(inside('dest/letter.txt'), '')
    const { line, status } = await refusal({})
    expect(status).toBe(1)
    expect(line).toMatch(/^error: .*dest holds something else already \(letter\.txt, photos\) \(/)
  })

  test('is read-only, or will be made in what is', async () => {
    mount(inside('ro'), 'ro')
    for (const name of ['ro', 'ro/new/deep']) {
      const { line, status } = await refusal({ destination: inside(name) })
      expect(status).toBe(1)
      expect(line).toBe(
        `error: cannot write to the destination ${inside(name)}: the file system is read-only`,
      )
    }
  })

  test('is full: complete data is kept, and the same command resumes once there is room', async () => {
    const full = inside('full')
    mount(full, 'size=600k')
    const options = { source, destination: full, medium, chunkSizeBytes: 200_000, passphrase }
    await expect(runBackup(options)).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringMatching(
        /^cannot write .*full.*: no space left on the device; .* stored/,
      ) as string,
      hint: expect.stringContaining('run the same command again to continue') as string,
    })
    expect(fs.readdirSync(path.join(full, '.butcher/new'))).toEqual([])
    expect(fs.existsSync(path.join(full, '.butcher/lock'))).toBe(false)
    const kept = fs.readdirSync(path.join(full, 'disc-0001/chunks'))
    expect(kept.length).toBeGreaterThan(0)
    // Room for the chunks, but not for the catalogs and the rest of the disc.
    for (const room of ['980k', '1010k']) {
      program('mount', ['-o', `remount,size=${room}`, full])
      const failed = await runBackup(options).then(
        () => 'done',
        (error: ButcherError) => error.code,
      )
      expect(['no-space', 'done']).toContain(failed)
      expect(fs.readdirSync(path.join(full, '.butcher/new'))).toEqual([])
    }
    program('mount', ['-o', 'remount,size=10m', full])
    expect(await runBackup(options)).toMatchObject({ complete: true, told: [] })
    checkDiscs(discFolders(full), medium)
    expect(fs.readdirSync(path.join(full, 'disc-0001/chunks'))).toEqual(expect.arrayContaining(kept))
    const out = inside('out')
    expect(await restored({ from: [full], into: out, passphrase })).toEqual(describeTree(source))
  })

  test('is a small ext4 that fills up: the same command resumes once there is room', async () => {
    needsRoot('mounts an image')
    const image = inside('ext4.img')
    fs.closeSync(fs.openSync(image, 'w'))
    fs.truncateSync(image, 4_000_000)
    program('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', image])
    const full = inside('ext4')
    fs.mkdirSync(full)
    program('mount', ['-o', 'loop', image, full])
    mounts.push(full)
    const { bavail, bsize } = fs.statfsSync(full)
    fs.writeFileSync(
      path.join(full, 'something-else'),
      Buffer.alloc(Number(bavail) * Number(bsize) - 700_000),
    )
    const options = {
      source,
      destination: path.join(full, 'dest'),
      medium,
      chunkSizeBytes: 200_000,
      passphrase,
    }
    await expect(runBackup(options)).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringMatching(
        /^cannot write .*ext4\/dest.*: no space left on the device; .* stored/,
      ) as string,
      hint: expect.stringContaining('run the same command again to continue') as string,
    })
    expect(fs.readdirSync(inside('ext4/dest/.butcher/new'))).toEqual([])
    const kept = fs.readdirSync(inside('ext4/dest/disc-0001/chunks'))
    expect(kept.length).toBeGreaterThan(0)
    fs.rmSync(path.join(full, 'something-else'))
    expect(await runBackup(options)).toMatchObject({ complete: true, told: [] })
    expect(fs.readdirSync(inside('ext4/dest/disc-0001/chunks'))).toEqual(expect.arrayContaining(kept))
    const out = inside('out')
    expect(await restored({ from: [options.destination], into: out, passphrase })).toEqual(
      describeTree(source),
    )
  })

  test('is in use by another run', async () => {
    fs.cpSync(made, inside('dest'), { recursive: true, preserveTimestamps: true })
    const unlock = takeLock(inside('dest/.butcher'))
    const { line, status } = await refusal({})
    expect(status).toBe(11)
    expect(line).toMatch(new RegExp(`^error: .*dest is in use by process ${process.pid} on `))
    unlock()
    expect(await runBackup({ source, destination: inside('dest'), medium })).toMatchObject({ backup: 2 })
  })

  test('was in use by a run that is dead', async () => {
    fs.cpSync(made, inside('dest'), { recursive: true, preserveTimestamps: true })
    const lock = inside('dest/.butcher/lock')
    for (const text of [
      '',
      'garbage',
      JSON.stringify({
        pid: 4_000_000,
        host: program('hostname', []).toString().trim(),
        processStart: '1 x',
        started: '2026-01-01T00:00:00.000Z',
      }),
    ]) {
      fs.writeFileSync(lock, text)
      expect(await runBackup({ source, destination: inside('dest'), medium })).toMatchObject({
        complete: true,
      })
      expect(fs.existsSync(lock)).toBe(false)
    }
  })

  test('two runs at once: one of them does it, the other is refused or finds it done', async () => {
    const destination = inside('dest')
    const runs = await Promise.allSettled([1, 2].map(() => runBackup({ source, destination, medium })))
    const done = runs.filter(({ status }) => status === 'fulfilled')
    expect(done).toHaveLength(1)
    const reason = runs.find((run) => run.status === 'rejected')?.reason as ButcherError
    expect(reason.code).toBe('locked')
    expect(await restored({ from: [destination], into: inside('out') })).toEqual(describeTree(source))
  })
})

describe('sizes and numbers', () => {
  test('a medium too small for anything', async () => {
    for (const size of ['1', '2048', '100kB', '180kB']) {
      const { line, status } = await refusal({ medium: size })
      expect(status).toBe(1)
      expect(line).toMatch(/^error: a disc of .* is too small: .* \(take a larger medium\)$/)
    }
  })

  test.each([
    { medium: '0' },
    { medium: 'nonsense' },
    { medium: '-5' },
    { medium: '1e9' },
    { medium: '99999999TB' },
    { medium: '' },
    { chunkSizeBytes: 0 },
    { chunkSizeBytes: 1.5 },
    { chunkSizeBytes: NaN },
    { maxDiscs: 0 },
    { jobs: -1 },
    { filter: '(' },
    { excludeFrom: ['/not/there'] },
  ])('%j is wrong usage', async (options) => {
    expect((await refusal(options)).status).toBe(2)
  })
})

describe('the catalog', () => {
  const garbage = (file: string): void => fs.writeFileSync(file, noise(5000, 3))
  const other = (file: string): void => void new Database(file).exec('CREATE TABLE photos(name)').close()
  const newer = (file: string): void => {
    fs.copyFileSync(path.join(made, 'catalog.sqlite'), file)
    new Database(file).exec('PRAGMA user_version = 3').close()
  }
  const truncated = (file: string): void => {
    fs.copyFileSync(path.join(made, 'catalog.sqlite'), file)
    fs.truncateSync(file, 5000)
  }
  const cases: readonly (readonly [string, (file: string) => void, RegExp])[] = [
    ['garbage', garbage, /is not a butcher catalog|cannot be decrypted|not an OpenPGP/],
    ['empty', (file) => fs.writeFileSync(file, ''), /is not a butcher catalog/],
    ["another program's database", other, /is a database, but no catalog of butcher/],
    ['of a newer format', newer, /is of format 3, newer than this butcher knows/],
    ['cut off', truncated, /damaged|cannot be read|no catalog/],
  ]

  test.each(cases)('is %s, in the destination or given by --index', async (_, write, expected) => {
    fs.cpSync(made, inside('dest'), { recursive: true, preserveTimestamps: true })
    fs.rmSync(inside('dest/catalog.sqlite'))
    write(inside('dest/catalog.sqlite'))
    const there = await refusal({})
    expect(there).toEqual({ line: expect.stringMatching(expected) as string, status: 1 })
    const given = await refusal({ destination: inside('new'), index: inside('dest/catalog.sqlite') })
    expect(given).toEqual({ line: expect.stringMatching(expected) as string, status: 1 })
  })

  test('given by --index is of another set, or older than the one that is there', async () => {
    const older = inside('older.sqlite')
    const destination = inside('dest')
    await runBackup({ source, destination, medium })
    fs.copyFileSync(path.join(destination, 'catalog.sqlite'), older)
    await runBackup({ source, destination, medium })
    const foreign = await refusal({ index: path.join(made, 'catalog.sqlite') })
    expect(foreign.line).toMatch(
      /^error: .*made\/catalog\.sqlite is of another set than .*dest\/catalog\.sqlite \(/,
    )
    expect((await refusal({ index: older })).line).toMatch(/^error: .*older\.sqlite is older than /)
    fs.rmSync(path.join(destination, 'catalog.sqlite'))
    expect((await refusal({ index: path.join(made, 'catalog.sqlite') })).line).toMatch(/of another set than/)
    const own = path.join(discFolders(destination)[0] as string, 'catalog.sqlite.bz2')
    expect(await runBackup({ source, destination, medium, index: own })).toMatchObject({ backup: 3 })
  })

  test('is lost: those of the discs will do', async () => {
    fs.cpSync(made, inside('dest'), { recursive: true, preserveTimestamps: true })
    fs.rmSync(inside('dest/catalog.sqlite'))
    const run = await runBackup({ source, destination: inside('dest'), medium })
    expect(run).toMatchObject({ backup: 2, filesUnchanged: 2, chunks: 0 })
  })
})
