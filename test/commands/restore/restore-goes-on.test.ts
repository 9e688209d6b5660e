/**
 * A restore goes on in what another has left, also as an ordinary user and whatever modes files and folders
 * have.
 */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import { program as butcher } from '../../cli/cli.ts'
import { asOrdinaryUser, ordinaryUser } from '../../support/ordinary-user.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program, setTime } from '../../support/tree.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder, remove } = scratchFolder()
const source = path.join(folder, 'source')
const destination = path.join(folder, 'discs')
const away = path.join(folder, 'away')
const time = 1_700_000_000_123_456_789n
const folderModes = [0o000, 0o100, 0o111, 0o200, 0o300, 0o444, 0o500, 0o555, 0o1700, 0o777]
const fileModes = [0o000, 0o100, 0o200, 0o222, 0o400, 0o444, 0o555, 0o640]

beforeAll(async () => {
  fs.chmodSync(folder, 0o755)
  const at = (name: string): string => path.join(source, name)
  for (const mode of folderModes) {
    const name = `folder-${mode.toString(8)}`
    fs.mkdirSync(at(`${name}/inner`), { recursive: true })
    for (const file of ['file', 'inner/file']) fs.writeFileSync(at(`${name}/${file}`), noise(10_000, mode))
  }
  for (const mode of fileModes) fs.writeFileSync(at(`file-${mode.toString(8)}`), noise(10_000, 1000 + mode))
  fs.writeFileSync(at('empty'), '')
  program('setfattr', ['-n', 'user.text', '-v', 'some', at('file-444')])
  program('setfacl', ['-m', 'u:1234:r', at('file-400')])
  program('mkfifo', [at('fifo')])
  fs.symlinkSync('file-0', at('symlink'))
  fs.linkSync(at('file-0'), at('folder-0/second-name'))
  fs.linkSync(at('fifo'), at('folder-555/second-fifo'))
  program('chown', ['-R', '-h', `${ordinaryUser}:${ordinaryUser}`, source])
  const names = fs.readdirSync(source, { recursive: true, encoding: 'utf8' }) as string[]
  for (const name of names.sort().reverse()) {
    const mode = /^(?:folder|file)-(\d+)$/.exec(name)?.[1] ?? (name.endsWith('inner') ? '555' : '0')
    if (name !== 'symlink') fs.chmodSync(at(name), Number.parseInt(mode, 8))
    setTime(at(name), time)
  }
  fs.chmodSync(source, 0o555)
  setTime(source, time)
  const options = { source, destination, medium: '290KB', chunkSizeBytes: 20_000, compress: 'none' } as const
  expect((await runBackup(options)).discs.length).toBeGreaterThan(1)
  program('chmod', ['-R', 'a+rX', destination])
})
afterAll(remove)

/** A path for a restore, in a folder of the ordinary user. */
function newPlace(): string {
  const above = fs.mkdtempSync(path.join(folder, 'place-'))
  fs.chownSync(above, ordinaryUser, ordinaryUser)
  return path.join(above, 'restored')
}

function restoreAll(place: string, ...options: readonly string[]): void {
  const { status, stderr } = asOrdinaryUser(['restore', destination, place, '--quiet', ...options])
  expect([status, stderr]).toEqual([0, ''])
}

const expectSame = (place: string): void => expect(describeTree(place)).toEqual(describeTree(source))

test.each([[[]], [['--overwrite']]])('from a complete restore, and a second time (%j)', (options) => {
  const place = newPlace()
  restoreAll(place)
  expectSame(place)
  restoreAll(place, ...options)
  restoreAll(place, ...options)
  expectSame(place)
})

test.each([[[]], [['--overwrite']]])('from partial restores (%j)', (options) => {
  const place = newPlace()
  restoreAll(
    place,
    '--include',
    'file-0',
    '--include',
    'folder-0/inner/file',
    '--include',
    'folder-555/second-fifo',
  )
  restoreAll(place, '--include', 'folder-0/second-name', '--include', 'folder-111', ...options)
  for (const name of ['', 'folder-0', 'folder-0/inner', 'folder-555']) {
    const [mode, expected] = [place, source].map((one) => fs.statSync(path.join(one, name)).mode)
    expect(mode).toBe(expected)
  }
  restoreAll(place, ...options)
  expectSame(place)
})

test.each([[[]], [['--overwrite']]])('from files that changed meanwhile (%j)', (options) => {
  const place = newPlace()
  restoreAll(place)
  for (const name of ['file-0', 'file-444', 'folder-0/file']) {
    fs.truncateSync(path.join(place, name), 0)
    fs.writeFileSync(path.join(place, name), noise(fs.statSync(path.join(source, name)).size, 9))
  }
  const changed = describeTree(place)
  const { status } = asOrdinaryUser(['restore', destination, place, '--quiet', ...options])
  expect(status).toBe(options.length === 0 ? 1 : 0)
  expect(describeTree(place)).toEqual(options.length === 0 ? changed : describeTree(source))
})

/** Restores until disc 2 is asked for, and kills it there. */
async function killInTheMiddle(place: string, ...options: readonly string[]): Promise<void> {
  fs.renameSync(path.join(destination, 'disc-0002'), away)
  try {
    const user = [`--reuid=${ordinaryUser}`, `--regid=${ordinaryUser}`, '--clear-groups', '--', ...butcher]
    const call = [...user, 'restore', destination, place, '--wait', '--json', ...options]
    const child = spawn('setpriv', call, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (piece) => {
      if (String(piece).includes('"needed"')) child.kill('SIGKILL')
    })
    await new Promise((resolve) => child.on('close', resolve))
    expect(child.signalCode).toBe('SIGKILL')
  } finally {
    fs.renameSync(away, path.join(destination, 'disc-0002'))
  }
}

test.each([[[]], [['--overwrite']]])('from a killed one (%j)', async (options) => {
  const place = newPlace()
  await killInTheMiddle(place, ...options)
  await killInTheMiddle(place, ...options)
  restoreAll(place, ...options)
  expectSame(place)
})

test('from one that was killed in a folder that was there: it is again as it was', async () => {
  const place = newPlace()
  restoreAll(place, '--include', 'folder-555/file')
  const before = describeTree(place)
  await killInTheMiddle(place, '--filter', '^folder-555/inner/file$|^file-')
  expect(describeTree(place)).not.toEqual(before)
  restoreAll(place, '--filter', '^folder-555/inner/file$')
  const stays = (lines: readonly string[]): string[] => lines.filter((line) => /^(\.|folder-555) /.test(line))
  expect(stays(describeTree(place))).toEqual(stays(before))
})

test('as root with devices', async () => {
  const devices = path.join(folder, 'devices')
  fs.mkdirSync(devices)
  program('mknod', [path.join(devices, 'null'), 'c', '1', '3'])
  program('mknod', [path.join(devices, 'disk'), 'b', '7', '300'])
  fs.linkSync(path.join(devices, 'null'), path.join(devices, 'second-name'))
  await runBackup({ source: devices, destination: path.join(folder, 'of-devices'), medium: '10MB' })
  const place = newPlace()
  for (const overwrite of [false, false, true]) {
    const from = [path.join(folder, 'of-devices')]
    expect((await restore({ from, destination: place, jobs: 1, overwrite })).failed).toBe(0)
    expect(describeTree(place)).toEqual(describeTree(devices))
  }
})
