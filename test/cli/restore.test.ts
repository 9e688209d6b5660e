import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { makeImage } from '../support/make-image.ts'
import { makeSet, type MadeSet } from '../support/make-set.ts'
import { noise } from '../support/sample-trees.ts'
import { cli, cliJson, lastLine, onTerminal, program } from './cli.ts'

const tree = { 'a.txt': 'a\n', 'b.bin': { type: 'file' as const, data: noise(2500, 1) }, 'z.txt': 'z\n' }
let folder: string
let set: MadeSet
let away: string
let destination: string

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-restore-'))
  set = await makeSet(path.join(folder, 'set'), {
    backups: [{ tree }],
    passphrase: 'pass word',
    chunksPerDisc: 2,
  })
  away = path.join(folder, 'shelf')
  fs.mkdirSync(away)
})
afterAll(() => {
  fs.rmSync(folder, { recursive: true })
})
beforeEach(() => {
  destination = fs.mkdtempSync(path.join(folder, 'restored-'))
})
afterEach(() => {
  for (const name of fs.readdirSync(away))
    fs.renameSync(path.join(away, name), path.join(set.destination, name))
})

const key = ['--passphrase', 'pass word']
const hide = (name: string): void => fs.renameSync(path.join(set.destination, name), path.join(away, name))
const restored = (): string[] => fs.readdirSync(destination).sort()

test('everything comes back, and the summary says what', () => {
  const { status, stdout, stderr } = cli(['restore', set.destination, destination, ...key])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^backup 1: 3 files \(2\.50 kB\), 0 directories, 0 symlinks restored and checked$/m)
  expect(stdout).toMatch(/^read: \d chunks on 2 discs, in /m)
  expect(fs.readFileSync(path.join(destination, 'b.bin'))).toEqual(tree['b.bin'].data)
})

longTest('--json has the names of the contract', () => {
  expect(cliJson(['restore', ...set.discs, destination, ...key]).at(-1)).toMatchObject({
    type: 'summary',
    files: 3,
    bytes: 2504,
    chunks: set.chunks.length,
    discs: [1, 2],
    warnings: 0,
    failed: 0,
    seconds: expect.any(Number) as number,
  })
})

test('a missing disc makes exit status 1, and the last line names it', () => {
  hide('disc-0002')
  const { status, stderr } = cli(['restore', set.destination, destination, ...key, '--quiet'])
  expect(status).toBe(1)
  expect(lastLine(stderr)).toMatch(
    /^error: \d files? not restored: disc 2 \(BUTCHER_00112233_0002\) is missing \(/,
  )
  expect(restored()).toContain('a.txt')
})

test('a different file in the way is left, and named, unless --overwrite is given', () => {
  fs.writeFileSync(path.join(destination, 'a.txt'), 'mine\n')
  const { status, stderr } = cli(['restore', set.destination, destination, ...key])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^warning: .*a\.txt/m)
  expect(lastLine(stderr)).toMatch(/^error: 1 file not restored/)
  expect(fs.readFileSync(path.join(destination, 'a.txt'), 'utf8')).toBe('mine\n')
  expect(cli(['restore', set.destination, destination, ...key, '--overwrite']).status).toBe(0)
  expect(fs.readFileSync(path.join(destination, 'a.txt'), 'utf8')).toBe('a\n')
})

test('--dry-run names what is not here, and writes nothing', () => {
  hide('disc-0002')
  const { status, stdout } = cli(['restore', set.destination, destination, ...key, '--dry-run'])
  expect(status).toBe(0)
  expect(stdout).toContain('not here: disc 2 (BUTCHER_00112233_0002)')
  expect(restored()).toEqual([])
})

test('--plan says which discs are read, in which order, where they are, and writes nothing', () => {
  hide('disc-0001')
  const args = ['restore', '--plan', set.destination, path.join(destination, 'new'), ...key]
  const { status, stdout } = cli(args)
  expect(status).toBe(0)
  const lines = stdout.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))
  expect(lines.slice(0, 3)).toEqual([
    'disc | label | chunks | to read | where',
    expect.stringMatching(/^1 \| +2 \| BUTCHER_00112233_0002 \| +\d \| [\d.]+ k?B \| .*\/disc-0002$/),
    expect.stringMatching(/^2 \| +1 \| BUTCHER_00112233_0001 \| +\d \| [\d.]+ k?B \| not here$/),
  ])
  expect(lines).toContain('nothing was written')
  expect(restored()).toEqual([])
  const told = cliJson(args)
  expect(told[0]).toMatchObject({
    type: 'disc',
    order: 1,
    disc: 2,
    place: set.discs[1],
    copies: [],
    spares: [],
  })
  expect(told[1]).toMatchObject({ type: 'disc', order: 2, disc: 1, place: null })
  expect(told.at(-1)).toMatchObject({ type: 'summary', discs: [1, 2] })
})

longTest('--wait waits for a disc where nobody can be asked', async () => {
  hide('disc-0002')
  const [node, main] = program as [string, string]
  const args = ['restore', set.destination, destination, '--wait', '--json', ...key]
  const child = spawn(node, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  child.stdout.on('data', (piece) => {
    told += piece
    if (!told.includes('"needed"')) return
    child.stdout.removeAllListeners('data')
    fs.renameSync(path.join(away, 'disc-0002'), path.join(set.destination, 'disc-0002'))
    child.stdout.resume()
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  expect(told).toMatch(/"type":"needed","disc":2,"label":"BUTCHER_00112233_0002"/)
  expect(status).toBe(0)
  expect(restored()).toEqual(['a.txt', 'b.bin', 'z.txt'])
})

describe('on a terminal', () => {
  const secret = ['Passphrase for ', 'pass word\r'] as const

  test('the passphrase is asked for, and a missing disc until it is there', async () => {
    hide('disc-0002')
    const nowhere = path.join(folder, 'nowhere')
    const { status, output } = await onTerminal(
      ['restore', set.destination, destination, '--no-progress'],
      [
        secret,
        ['or s to skip it: ', '\n'],
        [`it is not at ${set.destination}`, ''],
        ['or s to skip it: ', `${nowhere}\n`],
        [`there is no disc at ${nowhere}`, ''],
        ['or s to skip it: ', `~/${path.basename(away)}\n`],
      ],
      { env: { HOME: path.dirname(away) } },
    )
    expect(output).toMatch(/needed: disc 2 \(BUTCHER_00112233_0002\), \d chunks?, /)
    expect(output).not.toContain('pass word')
    expect(status).toBe(0)
    expect(restored()).toEqual(['a.txt', 'b.bin', 'z.txt'])
  })

  longTest('Enter finds a disc that was put into the drive meanwhile', async () => {
    const drive = path.join(folder, 'drive')
    fs.symlinkSync(set.discs[0] as string, drive)
    const change = `rm '${drive}' && ln -s '${set.discs[1]}' '${drive}'`
    const { status, output } = await onTerminal(
      ['restore', drive, destination, '--no-progress', ...key],
      [
        ['or s to skip it: ', '\n'],
        ['it is not at', ''],
        ['or s to skip it: ', '\n', change],
      ],
    )
    expect(output).toContain('needed: disc 2')
    expect(status).toBe(0)
    expect(restored()).toEqual(['a.txt', 'b.bin', 'z.txt'])
  })

  longTest('a disc in a drive is read without Enter, and a wrong one is named', async () => {
    hide('disc-0002')
    const drive = path.join(folder, 'drive.iso')
    const other = path.join(folder, 'other')
    fs.mkdirSync(path.join(other, 'chunks'), { recursive: true })
    fs.writeFileSync(path.join(other, 'chunks', '00000009.tar'), 'other')
    makeImage(path.join(other, 'chunks'), path.join(folder, 'plain.iso'))
    makeImage(other, path.join(folder, 'other.iso'))
    makeImage(set.discs[0] as string, path.join(folder, 'first.iso'))
    makeImage(path.join(away, 'disc-0002'), path.join(folder, 'second.iso'))
    fs.copyFileSync(path.join(folder, 'plain.iso'), drive)
    const put = (name: string): string =>
      `cp '${path.join(folder, name)}' '${drive}.new'; mv '${drive}.new' '${drive}'`
    const { status, output } = await onTerminal(
      ['restore', set.destination, destination, '--device', drive, '--no-progress', ...key],
      [
        ['or s to skip it: ', '', put('other.iso')],
        ['that is LABEL, no disc of this set; disc 2 is wanted', '', put('first.iso')],
        ['that is disc 1 of this set; disc 2 is wanted', '', put('second.iso')],
      ],
    )
    expect(output).toContain('restored and checked')
    expect(status).toBe(0)
    expect(restored()).toEqual(['a.txt', 'b.bin', 'z.txt'])
  })

  longTest('s goes on without a disc', async () => {
    hide('disc-0002')
    const { status, output } = await onTerminal(
      ['restore', set.destination, destination, '--no-progress', ...key],
      [['or s to skip it: ', 's\n']],
    )
    expect(status).toBe(1)
    expect(lastLine(output)).toMatch(/^error: .*disc 2 .* is missing/)
  })

  longTest('Control-C at the question stops', async () => {
    hide('disc-0002')
    const { status, output } = await onTerminal(
      ['restore', set.destination, destination, '--no-progress', ...key],
      [['or s to skip it: ', '\u0003']],
    )
    expect(status).toBe(130)
    expect(output).not.toMatch(/not restored|restored and checked/)
    expect(lastLine(output)).toBe('error: stopped; run the same command again to continue')
  })
})
