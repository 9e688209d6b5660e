import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { longTest, rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'
import { runBackup } from '../support/backup-set.ts'
import { cli, cliJson, lastLine, onTerminal, program } from './cli.ts'

let folder: string
let source: string
let destination: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-backup-'))
  source = path.join(folder, '012')
  destination = path.join(folder, '1e5')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
  fs.writeFileSync(path.join(source, 'b.o'), 'b\n')
  fs.writeFileSync(path.join(source, 'c.bin'), noise(100_000, 3))
})

afterEach(() => {
  fs.rmSync(folder, { recursive: true })
})

const names = (): string[] =>
  cliJson(['list', destination]).flatMap((row) => (row['type'] === 'entry' ? [row['path'] as string] : []))

test('the summary tells files, bytes, discs and what to burn', () => {
  const { status, stdout, stderr } = cli(['backup', source, destination, '--medium', '5MB', '--name', '007'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: `created ${destination}\n` })
  expect(stdout).toMatch(/^Backup 1: 3 new\. Stored \S+ kB in \S+ s\.$/m)
  expect(stdout).toMatch(/^ {2}disc 1 {2}BUTCHER_[0-9A-F]{8}_0001 {2}.* of 5\.00 MB, \d.*open$/m)
  const open = `nothing to burn yet: disc 1 is still open, and the next backup adds to it (to burn it now: butcher burn ${destination})`
  expect(lastLine(stdout)).toBe(open)
  const catalog = path.join(destination, 'catalog.sqlite')
  expect(execFileSync('sqlite3', [catalog, 'SELECT name FROM backup'], { encoding: 'utf8' })).toBe('007\n')
  const again = cli(['backup', source, destination, '--medium', '5MB'])
  expect(again.stdout).toMatch(/^Backup 2: 3 unchanged\. Stored nothing, in \S+ s\.$/m)
  expect(lastLine(again.stdout)).toBe(open)
})

longTest(
  'discs that are to be burned are named after every run, and what an interrupted one stored',
  async () => {
    for (let i = 0; i < 30; i++) fs.writeFileSync(path.join(source, `n${i}`), noise(200_000, i))
    const call = ['backup', source, destination, '--medium', '2MB', '--chunk-size', '500kB', '--jobs', '1']
    await stoppedAfter(call, 4)
    const { stdout } = cli(['backup', source, destination])
    expect(stdout).toMatch(
      /^Backup 1: 33 new\. Stored 6\.10 MB as .*: \d+ chunks on 4 discs, this run in \S+ s\.\n\d+ files of these were stored before the interruption\.$/m,
    )
    const burning = `to burn: discs 1, 2, 3 (butcher burn ${destination} 1-3); disc 4 is still open`
    expect(lastLine(stdout)).toBe(burning)
    expect(lastLine(cli(['backup', source, destination]).stdout)).toBe(burning)
    fs.mkdirSync(path.join(folder, "it's"))
    const other = path.join(folder, "it's", 'dest')
    await runBackup({ source, destination: other, medium: '2MB' })
    await runBackup({ source, destination: other, newDisc: true })
    expect(lastLine(cli(['backup', source, other]).stdout)).toBe(
      `to burn: discs 1, 2, 3, 4 (butcher burn '${other.replace("'", `'\\''`)}')`,
    )
  },
)

test('a moved file, a copy, a changed and a deleted one are each counted once, in words', async () => {
  await runBackup({ source, destination })
  const [one, two, three] = fs.readdirSync(source).sort() as [string, string, string]
  const at = (name: string): string => path.join(source, name)
  fs.copyFileSync(at(one), at('copy'))
  fs.renameSync(at(two), at('moved'))
  fs.writeFileSync(at(three), 'changed')
  fs.writeFileSync(at('added'), 'added')
  const changed = cli(['backup', source, destination]).stdout
  expect(changed).toMatch(/^Backup 2: 1 new, 1 changed, 2 moved or copied, 1 unchanged, 1 deleted\. Stored /)
  expect(changed).not.toContain('/s')
  expect(changed).not.toContain('not encrypted')
  // A changed file with the content of another one.
  fs.copyFileSync(at('moved'), at('added'))
  fs.writeFileSync(at('more'), 'more')
  expect(cli(['backup', source, destination, '--dry-run']).stdout).toMatch(
    /^Backup 3 would have: 1 new, 1 moved or copied, 4 unchanged\.$/m,
  )
})

/** Interrupts a call, as Ctrl-C does, once so many chunks are there. */
async function stoppedAfter(args: readonly string[], chunks: number): Promise<void> {
  const [command, ...before] = program as [string, ...string[]]
  const child = spawn(command, [...before, ...args], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  const journal = path.join(destination, '.butcher/journal')
  const count = (): number => (fs.existsSync(journal) ? fs.readdirSync(journal).length : 0)
  while (count() < chunks && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGINT')
  await ended
}

longTest('a run that --max-discs ended says that the same command goes on', () => {
  fs.writeFileSync(path.join(source, 'big.bin'), noise(3_000_000, 4))
  const call = ['backup', source, destination, '--medium', '2MB', '--chunk-size', '500kB', '--max-discs', '1']
  const first = cli(call)
  expect(first.status).toBe(0)
  expect(lastLine(first.stdout)).toMatch(
    /^Not everything is stored yet: run the same command for the next discs\.$/,
  )
  expect(cli(['log', destination]).stdout).toContain('(not complete)')
  expect(cli(call).stdout).not.toContain('Not everything')
  expect(cli(['log', destination]).stdout).not.toContain('(not complete)')
})

longTest('--json gives progress, and a summary with the names of the contract', () => {
  const lines = cliJson(['backup', source, destination, '--medium', '5MB'])
  for (const line of lines.slice(0, -1)) expect(line).toMatchObject({ type: 'progress' })
  expect(lines.at(-1)).toMatchObject({
    type: 'summary',
    backup: 1,
    files_new: 3,
    files_changed: 0,
    files_unchanged: 0,
    files_deleted: 0,
    bytes_source: 100_004,
    bytes_stored: expect.any(Number) as number,
    chunks: expect.any(Number) as number,
    discs: [1],
    warnings: 0,
    seconds: expect.any(Number) as number,
  })
})

longTest('a set keeps its options, and --json tells which were used', () => {
  const first = ['--medium', '5MB', '--chunk-size', '2MB', '--exclude', '*.o', '--compress', 'gz']
  cli(['backup', source, destination, ...first])
  const kept = { medium: '5MB', chunk_size_bytes: 2_000_000, compress: 'gz', exclude: ['*.o'], include: [] }
  expect(cliJson(['backup', source, destination]).at(-1)).toMatchObject({ options: kept, notes: [] })
  const changed = cli(['backup', source, destination, '--medium', 'cd', '--exclude', '*.txt'])
  expect(changed).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /^disc 1 \(\d+ % full\) is closed, because --medium is now cd; --exclude is now '\*\.txt' \(was '\*\.o'\)\n$/,
    ) as string,
  })
  const reset = cliJson(['backup', source, destination, '--reset-options', '--redundancy', '0']).at(-1)
  expect(reset).toMatchObject({ options: { medium: 'bd25', chunk_size_bytes: 1e9, exclude: [] } })
})

test('--dry-run tells how many discs it takes, and writes nothing', () => {
  const { status, stdout } = cli(['backup', source, destination, '--medium', '5MB', '--dry-run'])
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^It would store 100 kB as about .* on 1 disc\.\nThis is an estimate from file sizes /m,
  )
  expect(fs.existsSync(destination)).toBe(false)
})

describe('words are taken as they are', () => {
  test('a repeatable option does not swallow what follows; --quiet says nothing if nothing is wrong', () => {
    const call = ['backup', '--quiet', '--exclude', '*.o', source, destination]
    expect(cli(call)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(names()).toEqual(['a.txt', 'c.bin'])
  })

  longTest('a source with a dash, after --', () => {
    fs.renameSync(source, path.join(folder, '-x'))
    const [command, ...before] = program as [string, ...string[]]
    execFileSync(command, [...before, 'backup', '--quiet', '--', '-x', '1e5'], { cwd: folder })
    expect(names()).toEqual(['a.txt', 'b.o', 'c.bin'])
  })

  test('the passphrase opens in gpg what it shut', () => {
    const passphrase = '"0123" '
    const made = cli(['backup', source, destination, '--passphrase', passphrase, '--quiet'])
    expect(made).toEqual({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^warning: the passphrase ends with a blank: .*\n$/) as string,
    })
    const home = fs.mkdtempSync(path.join(folder, 'gpg-'))
    const gpg = ['--homedir', home, '--batch', '--pinentry-mode', 'loopback', '--passphrase-fd', '0', '-d']
    const catalog = path.join(destination, 'catalog.sqlite.bz2.gpg')
    const opened = execFileSync('gpg', [...gpg, catalog], {
      input: `${passphrase}\n`,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    expect(opened.subarray(0, 3).toString()).toBe('BZh')
  })
})

test('trouble in the source is named on stderr, and makes exit status 3', () => {
  // Nobody can read rules from a directory, root neither.
  fs.mkdirSync(path.join(source, 'sub'))
  fs.mkdirSync(path.join(source, 'sub', '.butcherignore'))
  const { status, stderr } = cli(['backup', source, destination])
  expect({ status, stderr }).toEqual({
    status: 3,
    stderr:
      `created ${destination}\n` +
      'warning: sub/.butcherignore: cannot read it, so its rules exclude nothing: it is not a file\n' +
      'warning: 1 source path could not be backed up correctly: see the warnings above\n',
  })
})

describe('on a terminal', () => {
  test('bars show each stage, and stay away with --no-progress', async () => {
    const shown = await onTerminal(['backup', '--no-encrypt', source, destination])
    for (const stage of ['scanning', 'packing', 'finishing']) expect(shown.output).toContain(stage)
    expect(shown.output).toContain('[####################] 100 % · ')
    const { status, output } = await onTerminal(['backup', source, destination, '--no-progress'])
    expect(status).toBe(0)
    expect(output).not.toContain('\u001b')
  })
})

describe('stopped', () => {
  const big = (): string[] => {
    for (let i = 0; i < 10; i++) fs.writeFileSync(path.join(source, `${i}.bin`), noise(500_000, i))
    return [
      'backup',
      source,
      destination,
      '--medium',
      '100MB',
      '--chunk-size',
      '500kB',
      '--compress',
      'bz2',
      '--jobs',
      '1',
    ]
  }

  test.each(rows(['SIGINT', 'SIGTERM'] as const, [1]))(
    'by %s it ends cleanly and says how to go on',
    async (signal) => {
      const call = big()
      const [command, ...before] = program as [string, ...string[]]
      const run = spawn(command, [...before, ...call, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
      let stderr = ''
      run.stderr.on('data', (piece: Buffer) => void (stderr += piece.toString()))
      run.stdout.on('data', (piece: Buffer) => {
        if (piece.toString().includes('"chunk":')) run.kill(signal)
      })
      const status = await new Promise((resolve) => run.on('close', resolve))
      expect(status).toBe(130)
      expect(lastLine(stderr)).toMatch(
        /^error: stopped: [\d.]+ .B of [\d.]+ .B are stored; run the same command to resume$/,
      )
      const again = cli(call)
      expect(again).toMatchObject({ status: 0, stderr: '' })
      expect(again.stdout).toMatch(/^Backup 1: 13 new\./m)
    },
  )

  longTest('by a second signal it ends at once', async () => {
    const stopped = await onTerminal(
      [...big(), '--no-encrypt'],
      [
        ['packing', '\u0003'],
        ['press Ctrl-C again to quit at once', '\u0003'],
      ],
    )
    expect(stopped.status).toBe(130)
    expect(lastLine(stopped.output)).toBe('error: stopped; run the same command again to continue')
  })
})
