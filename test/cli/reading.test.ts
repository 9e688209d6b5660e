import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSet, type MadeSet } from '../support/make-set.ts'
import { sampleHistory } from '../support/sample-trees.ts'
import { cli, cliJson, onTerminal, program } from './cli.ts'

const passphrase = '0123'
const hostile = 'evil\u001b[2J\u202ename'
let folder: string
let plain: MadeSet
let encrypted: MadeSet

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-reading-'))
  const [first, ...later] = sampleHistory
  const odd = { [hostile]: 'x', 'raw-\udcff': 'y' }
  const backups = [{ ...first, tree: { ...first?.tree, ...odd } }, ...later]
  plain = await makeSet(path.join(folder, 'plain'), { backups })
  encrypted = await makeSet(path.join(folder, '1e5'), { backups: sampleHistory.slice(0, 2), passphrase })
})

afterAll(() => {
  fs.rmSync(folder, { recursive: true })
})

test('a destination, a disc, a catalog as it is on a disc, and a bare SQLite file read alike', () => {
  const disc = plain.discs.at(-1) as string
  const places = [plain.destination, disc, path.join(disc, 'catalog.sqlite.bz2'), plain.plainCatalog]
  const [expected, ...others] = places.map((from) => cli(['list-files', from]))
  expect(expected).toMatchObject({ status: 0, stderr: '' })
  expect(expected?.stdout.split('\n')).toHaveLength(5 + 1)
  for (const other of others) expect(other).toEqual(expected)
  const folders = (from: string): unknown[] => cliJson(['discs', from]).map((row) => row['folder'])
  expect(folders(plain.destination).slice(0, 6)).toEqual(plain.discs)
  expect(folders(disc).slice(0, 6)).toEqual([null, null, null, null, null, disc])
})

test('find leaves out the times on a narrow terminal', async () => {
  const date = /\d{4}-\d\d-\d\d \d\d:\d\d/
  const call = ['find', plain.destination, 'a.txt', '--exact']
  const [wide, narrow] = await Promise.all([80, 50].map((columns) => onTerminal(call, [], { columns })))
  expect(wide?.output).toMatch(date)
  expect(narrow?.output).not.toMatch(date)
  expect(narrow?.output.trimEnd().split('\n')).toHaveLength(3)
})

describe('an encrypted set', () => {
  test('opens with the passphrase however it is given, digits and all', () => {
    const file = path.join(folder, 'passphrase')
    fs.writeFileSync(file, `${passphrase}\nnot this\n`)
    const from = encrypted.destination
    const results = [
      cli(['log', from, '--passphrase', passphrase]),
      cli(['log', `--passphrase=${passphrase}`, from]),
      cli(['log', from, '--passphrase-file', file]),
      cli(['log', from], { BUTCHER_PASSPHRASE: passphrase }),
      cli(['log', from, '--passphrase', passphrase], { BUTCHER_PASSPHRASE: 'wrong' }),
    ]
    for (const result of results) expect(result).toEqual({ ...results[0], status: 0, stderr: '' })
    expect(results[0]?.stdout).toContain('second')
  })

  test('stays shut without, or with a wrong one, and says so in one line', () => {
    for (const args of [[], ['--passphrase', '123']]) {
      const { status, stdout, stderr } = cli(['list', encrypted.destination, ...args])
      expect({ status, stdout }).toEqual({ status: 12, stdout: '' })
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stderr).toMatch(/^error: .*passphrase/)
    }
  })
})

describe('with --json', () => {
  test.each([
    [['list', '--at', '2'], 'entry', { backup: 2, entries: 9, files: 6 }],
    [['find', 'a.txt'], 'entry', { found: 4 }],
    [['find', 'a.txt', '--exact'], 'entry', { found: 3 }],
    [['log'], 'backup', { backups: 5 }],
    [['diff', '1', '2'], 'change', { from: 1, to: 2, new: 1, changed: 3, moved: 1 }],
    [['discs'], 'disc', { discs: 6 }],
  ] as [string[], string, object][])('%j gives an object a row, then a summary', (words, type, summary) => {
    const rows = cliJson([words[0] as string, plain.destination, ...words.slice(1)])
    expect(rows.at(-1)).toMatchObject({ type: 'summary', ...summary })
    for (const row of rows.slice(0, -1)) expect(row['type']).toBe(type)
    expect(rows.length).toBeGreaterThan(3)
  })

  test('doctor does so too', () => {
    const rows = cliJson(['doctor'])
    expect(rows.find((row) => row['program'] === 'tar')).toMatchObject({ type: 'program', found: true })
    expect(rows.at(-1)).toMatchObject({ type: 'summary' })
  })

  test('a name that is not UTF-8 is told by its bytes', () => {
    const names = cliJson(['list', plain.destination, '--at', '1']).map((row) => row['path'])
    expect(names).toContain('raw-\udcff')
  })

  test('an error is an object', () => {
    const nowhere = path.join(folder, 'nowhere')
    expect(cliJson(['log', nowhere])).toEqual([
      {
        type: 'error',
        code: 'no-set',
        message: `cannot look into ${nowhere}: no such file or directory`,
        hint: null,
        path: nowhere,
      },
    ])
  })
})

describe('as text', () => {
  test('list shows modes, sizes, times and links', () => {
    const { stdout } = cli(['list', plain.destination, '--at', '2'])
    expect(stdout).toMatch(/^-rw-r--r-- \S+ \S+ +10 2026-01-02 03:04 a\.txt$/m)
    expect(stdout).toMatch(/^drwxr-xr-x .* folder$/m)
    expect(stdout).toMatch(/^lrwxrwxrwx .* becomes-link -> a\.txt$/m)
    expect(cli(['list', plain.destination]).stdout).toMatch(/hard-c link to hard-b$/m)
  })

  test('names do nothing to a terminal', () => {
    const { stdout } = cli(['list', plain.destination, '--at', '1'])
    expect(stdout).toContain(String.raw`evil\x1b[2J\u{202e}name`)
    expect(stdout).toContain(String.raw`raw-\xff`)
    expect(stdout).not.toContain('\u001b')
  })

  test('list takes a folder, patterns, and a date for --at', () => {
    const names = (...args: string[]): string[] =>
      cli(['list', plain.destination, ...args])
        .stdout.trimEnd()
        .split('\n')
        .map((line) => line.split(/ \d\d:\d\d /)[1] as string)
    expect(names('--at', '2', 'folder')).toEqual(['folder/moved-here.bin', 'folder/stays.txt'])
    expect(names('--at', '2026-01-02', '--include', '*.bin')).toEqual(['folder/moved-here.bin', 'split.bin'])
    expect(names('--at', '2026-01-02T11:59', '--exclude', '[b-z]*')).toEqual(['a.txt'])
  })

  test('find tells backups, discs and chunks', () => {
    const { stdout } = cli(['find', plain.destination, 'split.bin'])
    expect(stdout).toMatch(
      /3\.50 kB {2}2026-01-02 03:04 {2}backups 1-2 {2}discs 1-3, chunks \d-\d +split\.bin/,
    )
    const rows = cli(['find', plain.destination, 't']).stdout.trimEnd().split('\n')
    const column = (row: string): number => row.search(/ (discs? \S+, chunks?|- )/)
    expect(new Set(rows.map(column)).size).toBe(1)
    expect(rows.some((row) => row.includes('discs 1-3, chunks'))).toBe(true)
    const none = cli(['find', plain.destination, 'nothing-like-it'])
    const hint = '(--ignore-case ignores the case of letters)'
    expect(none).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: nothing in the set matches 'nothing-like-it' ${hint}\n`,
    })
    expect(cliJson(['find', plain.destination, 'nothing-like-it'])).toMatchObject([
      { type: 'summary', found: 0 },
      { type: 'error', code: 'no-match' },
    ])
  })

  test('a list of nothing fails, and says so', () => {
    for (const args of [['--include', 'typo'], ['--filter', 'typo'], ['typo']]) {
      const { status, stdout, stderr } = cli(['list', plain.destination, ...args])
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^error: (nothing in|no file in|there is no typo in) .*backup \d.*\n$/)
    }
  })

  test('find takes names in any encoding', () => {
    const found = spawnSync(
      'bash',
      ['-c', `"$0" "$1" find "$2" $'raw-\\xff'`, ...program, plain.destination],
      {
        encoding: 'utf8',
      },
    )
    expect(found.stdout).toContain(String.raw`raw-\xff`)
  })

  test('diff marks and counts', () => {
    const { stdout } = cli(['diff', plain.destination, '1', '2'])
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'M a.txt',
        '+ becomes-dir/inside',
        '> moved.bin -> folder/moved-here.bin',
        '- folder/goes.txt',
      ]),
    )
    expect(stdout).toMatch(/backup 1 to 2: 1 new, 3 changed, 1 moved, 3 deleted, 0 with other metadata\n$/)
  })

  test('log and discs are tables', () => {
    const log = cli(['log', plain.destination]).stdout.split('\n')
    expect(log[0]).toMatch(/^backup +date +files +bytes +added +discs +name$/)
    expect(log[2]).toMatch(/^ +2 {2}2026-01-02 12:00 .* second$/)
    const discs = cli(['discs', plain.destination]).stdout.split('\n')
    expect(discs[0]).toMatch(/^disc +label +state +medium +fill +chunks +burned +by +read +location$/)
    expect(discs[1]).toMatch(
      /^ +1 {2}BUTCHER_00112233_0001 {2}sealed {2}10MB +\S+ kB +0\.0 % +2 +- +- +- +\//,
    )
  })
})

test('a reader that goes away ends it quietly', async () => {
  const [command, ...before] = program as [string, ...string[]]
  const list = spawn(command, [...before, 'list', plain.destination, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  list.stdout.destroy()
  let stderr = ''
  list.stderr.on('data', (piece: Buffer) => void (stderr += piece.toString()))
  const status = await new Promise((resolve) => list.on('close', resolve))
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('nothing is written to what is read', () => {
  const before = spawnSync('bash', [
    '-c',
    'find "$0" -printf "%p %T@ %C@\n" | sort',
    folder,
  ]).stdout.toString()
  cli(['list', plain.destination])
  cli(['log', plain.plainCatalog])
  const after = spawnSync('bash', ['-c', 'find "$0" -printf "%p %T@ %C@\n" | sort', folder]).stdout.toString()
  expect(after).toBe(before)
})
